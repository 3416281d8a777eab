import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectRefused, ptfe } from '../host/cli.js';
import { demandFresh } from '../host/fresh.js';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { anyPythonEnvironment } from '../host/python.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

describe('ptfe cache', function () {
  this.timeout(120_000);
  const model = join(repository, 'examples/digits_int8.tflite');
  const digits = (letter: string): string => letter.repeat(64);
  let folder = '';
  let before_: string | undefined;
  before(() => {
    before_ = process.env['PTFE_CACHE'];
    folder = join(mkdtempSync(join(tmpdir(), 'ptfe-cache-command-')), 'cache');
    process.env['PTFE_CACHE'] = folder;
  });
  after(() => {
    if (before_ === undefined) delete process.env['PTFE_CACHE'];
    else process.env['PTFE_CACHE'] = before_;
    rmSync(join(folder, '..'), { recursive: true });
  });

  interface Listed {
    readonly folder: string;
    readonly entries: readonly { readonly name: string; readonly plans: { readonly parts: number } | null }[];
  }
  const listed = (): Listed => {
    const { code, out } = ptfe('cache', 'list', '--json');
    expect(code).to.equal(0);
    return JSON.parse(out) as Listed;
  };

  it('an empty one, or none: said so', () => {
    expect(ptfe('cache', 'list')).to.deep.include({ code: 0, out: `${folder}: 0 plans, 0 bytes\n` });
    expect(ptfe('cache', 'clear')).to.deep.include({ code: 0, out: `${folder}: 0 plans deleted\n` });
    expect(existsSync(folder)).to.equal(false);
  });

  it('warm: a program that starts afterwards needs no Node', async function () {
    const environment = anyPythonEnvironment();
    if (!environment.available) return skip(this, environment.reason);
    if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built (npm run build:native)');
    demandFresh('delegate', 'engine');
    const { code, out, err } = ptfe('cache', 'warm', model, '--python', environment.python);
    expect(code, err).to.equal(0);
    expect(out).to.match(/digits_int8\.tflite: \d+ of \d+ nodes, 1 part\n.*: 1 plan\n$/);
    const [only, ...more] = listed().entries;
    expect([only?.plans?.parts, more.length]).to.deep.equal([1, 0]);
    const oracle = new Oracle(environment, { variables: { PTFE_NODE: '/nonexistent/node', PTFE_CACHE: folder } });
    const options = { device: 'software' };
    const run = await oracle.run({ model, inputs: [], delegate: { library: delegateLibrary, options } });
    await oracle.stop();
    expect(run.ok && run.partitions, run.stderr).to.equal(1);
    const wrong = ptfe('cache', 'warm', join(repository, 'package.json'), '--python', environment.python);
    expectRefused(wrong, 'package.json: ');
    expect(listed().entries).to.have.length(1);
  });

  it('list: plans used last come first; what is no plan is told; other files are none of it', () => {
    mkdirSync(folder, { recursive: true });
    const write = (name: string, seconds: number): void => {
      writeFileSync(join(folder, name), 'no plan');
      utimesSync(join(folder, name), seconds, seconds);
    };
    write(`${digits('a')}.plan`, 1000);
    write(`${digits('b')}.plan`, 2000);
    for (const name of ['notes.plan', `${digits('g')}.plan`, `${digits('c')}.memo`, `${digits('d')}.code`])
      write(name, 3000);
    const old = listed().entries.slice(-2);
    expect(old.map(({ name }) => name[0])).to.deep.equal(['b', 'a']);
    expect(old.map(({ plans }) => plans)).to.deep.equal([null, null]);
    expect(ptfe('cache', 'list').out).to.match(/ {2}b{12} +7 bytes {2}1970-01-01 {2}damaged, or of another version\n/);
  });

  it('clear: plans and what is remembered, and nothing else', () => {
    mkdirSync(join(folder, 'kept'));
    const { code, out } = ptfe('cache', 'clear');
    expect(code).to.equal(0);
    expect(out).to.match(/: \d plans deleted\n$/);
    expect(readdirSync(folder).sort()).to.deep.equal([`${digits('g')}.plan`, 'kept', 'notes.plan']);
    expect(listed().entries).to.deep.equal([]);
  });

  it('bad usage is one line', () => {
    expectRefused(ptfe('cache'), 'list, warm or clear?');
    expectRefused(ptfe('cache', 'empty'), '"empty" is none of list, warm, clear');
    expectRefused(ptfe('cache', 'list', 'x'), 'list takes no file');
    expectRefused(ptfe('cache', 'warm'), 'no model given');
    expectRefused(ptfe('cache', 'warm', '/nonexistent.tflite'), '/nonexistent.tflite: there is no such file');
    expectRefused(
      ptfe('cache', 'warm', model, '--python', '/nonexistent'),
      '/nonexistent',
      'name a Python with --python',
    );
    process.env['PTFE_CACHE'] = 'off';
    expectRefused(ptfe('cache', 'list'), 'there is no cache');
    process.env['PTFE_CACHE'] = folder;
  });
});
