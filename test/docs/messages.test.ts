import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../host/repository.js';

/** docs/troubleshooting.md against the delegate's sources: what it quotes exists, and no line of its is missing. */
const varies = '...';

/** A format or a quotation with one mark for whatever varies. */
const plain = (text: string): string =>
  text
    .replaceAll('\\"', '"')
    .replace(/%%/g, '%')
    .replace(/%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]/g, varies)
    .replace(/(?:\.\.\.)+/g, varies)
    .trim();

const sources = readdirSync(join(repository, 'delegate'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.c'))
  .map((name) => ({ name, text: readFileSync(join(repository, 'delegate', name), 'utf8') }));

/** String literals that stand side by side are one; a macro between two of them is something that varies. */
const literalsOf = (text: string): readonly string[] =>
  [...text.matchAll(/"(?:[^"\\\n]|\\.)*"(?:\s*(?:[A-Z][A-Za-z0-9_]*\s*)?"(?:[^"\\\n]|\\.)*")*/g)].map(([run]) =>
    plain(
      run
        .replace(/%?"\s*PRI[a-z]\w*\s*"/g, '%d')
        .replace(/"\s*[A-Z]\w*\s*"/g, '%d')
        .replace(/"\s*"/g, '')
        .slice(1, -1)
        .replace(/%%d/g, '%d'),
    ),
  );

const doc = readFileSync(join(repository, 'docs/troubleshooting.md'), 'utf8');
const quoted = [...doc.matchAll(/^\| `(.+?)` \|/gm)].map(([, message = '']) => message);

/** The parts of a message that do not vary. */
const fixedParts = (message: string): readonly string[] =>
  message
    .split(varies)
    .map((part) => part.trim())
    .filter((part) => part.length > 3);

describe('docs/troubleshooting.md', () => {
  const literals = sources.flatMap(({ text }) => literalsOf(text));

  it('quotes messages that the delegate has', () => {
    expect(quoted).to.have.length.above(50);
    for (const message of quoted)
      for (const part of fixedParts(message))
        expect(
          literals.some((literal) => literal.includes(part)),
          `"${part}" of "${message}"`,
        ).to.equal(true);
  });

  it('has every line that the delegate says, and every reason of the engine, a plan file or an option', () => {
    const calls =
      /\b(?:line_say|tell|say)\s*\((?:\w+, (?:ROCKET_\w+, )?)?("(?:[^"\\\n]|\\.)*"(?:\s*(?:PRI\w+)?\s*"(?:[^"\\\n]|\\.)*")*)/g;
    const reasons =
      /\berror_set(?:_code)?\s*\(error, (?:PTFE_\w+, )?("(?:[^"\\\n]|\\.)*"(?:\s*(?:PRI\w+)?\s*"(?:[^"\\\n]|\\.)*")*)/g;
    const withReasons =
      /compile\/(engine_child|engine_files|source_file|plan_file)\.c|util\/options\.c|device\/choose\.c/;
    const said = sources.flatMap(({ name, text }) =>
      [...text.matchAll(calls), ...(withReasons.test(name) ? text.matchAll(reasons) : [])].flatMap(([, format = '']) =>
        literalsOf(format),
      ),
    );
    // Formats that only pass on what stands elsewhere.
    const own = said.filter((message) => fixedParts(message).length > 0);
    expect(own).to.have.length.above(30);
    const missing = own.filter((message) => !fixedParts(message).every((part) => doc.includes(part)));
    expect(missing).to.deep.equal([]);
  });
});
