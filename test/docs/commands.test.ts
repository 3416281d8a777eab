import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ptfe } from '../host/cli.js';
import { repository } from '../host/repository.js';

/** Pages for people, and the workflows: the commands and files that they name are there. */
const under = (folder: string): readonly string[] =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(md|yml)$/.test(name))
    .map((name) => `${folder}/${name}`);

const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/README.md'],
  ...under('docs'),
  ...under('.github'),
].map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));

const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

const named = (pattern: RegExp): readonly (readonly [path: string, name: string])[] =>
  pages.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([, name = '']) => [path, name] as const));

describe('pages for people', () => {
  it('name npm scripts that exist', () => {
    const found = named(/npm run (?:-s |--silent )?([a-z]+(?::[a-z]+)*)/g);
    expect(found).to.have.length.above(40);
    expect(found.filter(([, name]) => scripts[name] === undefined)).to.deep.equal([]);
  });

  it('name subcommands of ptfe that exist', () => {
    const found = named(/(?:npx ptfe|`ptfe) ([a-z]+)/g);
    const known = ['help', ...[...ptfe('help').out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name)];
    expect(found).to.have.length.above(15);
    expect(found.filter(([, name]) => !known.includes(name))).to.deep.equal([]);
  });

  it('name files that exist', () => {
    const found = named(
      /`((?:src|test|scripts|delegate|docs|examples|mesa-patches|\.ci|python|benchmarks)\/[\w./-]+\w)`/g,
    );
    expect(found).to.have.length.above(40);
    // What a reader is to make.
    const isMade = (name: string): boolean => name.includes('NAME');
    expect(found.filter(([, name]) => !isMade(name) && !existsSync(join(repository, name)))).to.deep.equal([]);
  });

  it('the workflows call what CI calls', () => {
    const [ci = ''] = pages.filter(({ path }) => path.endsWith('/ci.yml')).map(({ text }) => text);
    expect(ci).to.contain('bash .ci/run');
    expect(readFileSync(join(repository, '.ci/run'), 'utf8')).to.contain('npm test');
  });
});
