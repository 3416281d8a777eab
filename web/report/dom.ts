/** Elements in one expression. */

type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void)>>;
type Child = Node | string;

const fill = <E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
};

/** An element of HTML. */
export const html = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] => fill(document.createElement(name), attributes, children);

/** An element of SVG. */
export const svg = (name: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

/** A drawing of its own size, in a box that scrolls where it does not fit, by keys too. */
export const drawing = (label: string, width: number, height: number, ...shapes: readonly SVGElement[]): HTMLElement =>
  html(
    'div',
    { class: 'scrolls', tabindex: 0, role: 'group', 'aria-label': label },
    svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': label }, ...shapes),
  );

/** A table with a caption for screen readers; the first cell of a row is its title. */
export const table = (
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLTableElement =>
  html(
    'table',
    {},
    html('caption', {}, caption),
    html('thead', {}, html('tr', {}, ...heads.map((head) => html('th', { scope: 'col' }, head)))),
    html(
      'tbody',
      {},
      ...rows.map(([first = '', ...cells]) =>
        html('tr', {}, html('th', { scope: 'row' }, first), ...cells.map((cell) => html('td', {}, cell))),
      ),
    ),
  );

export const section = (title: string, ...children: readonly Child[]): HTMLElement => {
  const id = title.toLowerCase().replaceAll(/\W+/g, '-');
  return html('section', { 'aria-labelledby': id }, html('h2', { id }, title), ...children);
};
