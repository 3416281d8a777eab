// The Markdown that our own pages are written in, as HTML: headings, paragraphs, lists, tables, code, links. No more than that.

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** As GitHub makes them, for links to a heading. */
const anchor = (text) =>
  text
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

const inline = (text, link) => {
  const codes = [];
  const kept = text.replaceAll(/`([^`]+)`/g, (_, code) => `\u0000${codes.push(code) - 1}\u0000`);
  return escaped(kept)
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words, target) => `<a href="${link(target)}">${words}</a>`)
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/(?<![\w*])\*([^*]+)\*(?![\w*])/g, '<em>$1</em>')
    .replaceAll(/\u0000(\d+)\u0000/g, (_, i) => `<code>${escaped(codes[i])}</code>`);
};

const cellsOf = (line) =>
  line
    .replace(/^\s*\|/, '')
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

const tableOf = (lines, link) => {
  const [heads, , ...rows] = lines.map(cellsOf);
  const row = (cells, name) => `<tr>${cells.map((cell) => `<${name}>${inline(cell, link)}</${name}>`).join('')}</tr>`;
  const body = rows.map((cells) => row(cells, 'td')).join('');
  return `<div class="scrolls wraps" tabindex="0"><table><thead>${row(heads, 'th scope="col"').replaceAll('</th scope="col">', '</th>')}</thead><tbody>${body}</tbody></table></div>`;
};

/** @returns the elements of a page */
export function htmlOf(text, link = (target) => target) {
  const lines = text.replaceAll(/<!--[^]*?-->/g, '').split('\n');
  const out = [];
  let at = 0;
  const while_ = (isPart) => {
    const from = at;
    while (at < lines.length && isPart(lines[at])) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,6}) (.*)$/.exec(line);
    if (line.trim() === '') at++;
    else if (heading !== null) {
      const level = heading[1].length;
      out.push(`<h${level} id="${anchor(heading[2])}">${inline(heading[2], link)}</h${level}>`);
      at++;
    } else if (line.startsWith('```')) {
      at++;
      out.push(
        `<pre class="scrolls" tabindex="0">${escaped(while_((one) => !one.startsWith('```')).join('\n'))}</pre>`,
      );
      at++;
    } else if (line.startsWith('    ')) {
      const code = while_((one) => one.startsWith('    ') || one.trim() === '').map((one) => one.slice(4));
      out.push(`<pre class="scrolls" tabindex="0">${escaped(code.join('\n').trimEnd())}</pre>`);
    } else if (line.startsWith('|'))
      out.push(
        tableOf(
          while_((one) => one.startsWith('|')),
          link,
        ),
      );
    else if (/^(- |\d+\. )/.test(line)) {
      const kind = line.startsWith('-') ? 'ul' : 'ol';
      const items = [];
      for (const one of while_((next) => /^(- |\d+\. |\s+\S)/.test(next))) {
        const item = /^(?:- |\d+\. )(.*)$/.exec(one);
        if (item !== null) items.push(item[1]);
        else items[items.length - 1] += ` ${one.trim()}`;
      }
      out.push(`<${kind}>${items.map((item) => `<li>${inline(item, link)}</li>`).join('')}</${kind}>`);
    } else
      out.push(
        `<p>${inline(
          while_((one) => one.trim() !== '' && !/^(#|\||- |```)/.test(one))
            .join(' ')
            .trim(),
          link,
        )}</p>`,
      );
  }
  return out.join('\n');
}

/** @param {{ style: string, home: string, from: string, pages: readonly string[] }} place where the page and its links lead */
export function pageOf(text, { style, home, from, pages }) {
  const [, title = 'ptfe'] = /^# (.*)$/m.exec(text) ?? [];
  const folder = from.includes('/') ? `${from.slice(0, from.lastIndexOf('/'))}/` : '';
  const link = (target) => {
    const [path, hash] = target.split('#');
    const full = new URL(path, `file:///${folder}x`).pathname.slice(1);
    return path !== '' && pages.includes(full)
      ? `${path.replace(/\.md$/, '.html')}${hash === undefined ? '' : `#${hash}`}`
      : target;
  };
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${escaped(title)}</title>
    <link rel="stylesheet" href="${style}" />
  </head>
  <body>
    <header><a href="${home}">A model on the NPU, in a page</a></header>
    <main>
${htmlOf(text, link)}
    </main>
  </body>
</html>
`;
}
