import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSubcommand, subcommands } from '../../src/cli/index.js';
import type { Terminal } from '../../src/cli/subcommand.js';
import { didYouMean, nearest } from '../../src/explain/nearest.js';
import { demandFresh } from '../host/fresh.js';
import { expectRefused, ptfe } from '../host/cli.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

const digits = 'examples/digits_int8.tflite';
const cli = join(repository, 'dist/cli.mjs');

/** The built program in a shell, as people call it. */
const shell = (script: string, env: NodeJS.ProcessEnv = {}) =>
  spawnSync('bash', ['-c', `set -o pipefail; ptfe() { '${process.execPath}' '${cli}' "$@"; }; ${script}`], {
    cwd: repository,
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
  });

describe('commands: manners', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'ptfe-manners-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('-V, --version and version, of ptfe and of each command', () => {
    for (const argv of [['-V'], ['--version'], ['version'], ['check', '-V'], ['stream', '--version']])
      expect(ptfe(...argv))
        .to.deep.include({ code: 0, err: '' })
        .and.property('out')
        .match(/^ptfe \S+\n$/);
  });

  it('asks whether a command or an option was meant that is near', () => {
    expectRefused(ptfe('chek'), 'did you mean ptfe check?');
    expectRefused(ptfe('help', 'estmate'), 'did you mean ptfe estimate?');
    expectRefused(
      ptfe('check', digits, '--presicion', 'best'),
      "Unknown option '--presicion'",
      'did you mean --precision?',
    );
    expectRefused(ptfe('report', digits, '--htlm', 'x'), 'did you mean --html?');
    expect(ptfe('check', digits, '--wholly-else').err).to.not.contain('did you mean');
    const words = subcommands.map(({ name }) => name);
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), fc.constantFrom('x', ''), (word, at, other) => {
        const position = at % word.length;
        const wrong = word.slice(0, position) + other + word.slice(position + 1);
        const found = nearest(wrong, words);
        // Of short words another one may be as near.
        if (word.length > 4) expect(found, wrong).to.equal(word);
      }),
    );
    expect(didYouMean('zzzzzz', words)).to.equal('');
  });

  it('every option of the help is one that is taken, and every one that is taken is in the help', () => {
    for (const { name, usage, options } of subcommands) {
      const named = new Set([...usage.matchAll(/--([a-z][a-z-]*)/g)].map(([, option = '']) => option));
      // Of what stands in examples of other commands nothing is known.
      const others = name === 'completion' ? ['share'] : [];
      for (const option of Object.keys(options)) expect([...named], `ptfe ${name} --help`).to.include(option);
      const taken = [...Object.keys(options), ...others, 'help', 'version', 'quiet'];
      expect(
        [...named].filter((option) => !taken.includes(option)),
        `ptfe ${name} --help`,
      ).to.deep.equal([]);
    }
  });

  it('--quiet leaves the exit code, errors, and what is for programs', () => {
    expect(ptfe('check', digits, '--quiet')).to.deep.equal({ code: 0, out: '', err: '' });
    expect(ptfe('check', digits, '-q', '--json').out).to.match(/^\{/);
    expectRefused(ptfe('check', 'none', '--quiet'), 'there is no such file');
  });

  it('errors are data where data were asked for, and one line as ever', () => {
    const { code, out, err } = ptfe('check', 'none', '--json');
    expect(code).to.equal(2);
    expect(err).to.match(/^ptfe check: none: there is no such file\n$/);
    expect(JSON.parse(out)).to.deep.equal({
      error: {
        command: 'check',
        code: 'no-file',
        where: 'none',
        text: 'there is no such file',
        remedy: '',
        message: 'none: there is no such file',
      },
    });
    expect(JSON.parse(ptfe('report', digits, '--json', '--clok', '3').out)).to.have.nested.property(
      'error.code',
      'bad-usage',
    );
  });

  it('several models: each as by itself, and a list as JSON', () => {
    const other = 'examples/digits_uint8.tflite';
    for (const command of ['check', 'estimate']) {
      expect(ptfe(command, digits, other).out).to.equal(ptfe(command, digits).out + ptfe(command, other).out);
      const all = JSON.parse(ptfe(command, digits, other, '--json').out) as readonly unknown[];
      expect(all).to.deep.equal([digits, other].map((one) => JSON.parse(ptfe(command, one, '--json').out) as unknown));
    }
  });

  it('lines fit the terminal, and words have the colours of a terminal that has some', () => {
    const on = (width: number, ...argv: readonly string[]): string => {
      let text = '';
      const terminal: Terminal = {
        out: (more) => void (text += more),
        err: () => undefined,
        outBytes: () => undefined,
        width,
        paint: (tone, word) => `<${tone} ${word}>`,
      };
      runSubcommand(argv, terminal);
      return text;
    };
    const commands = [
      ['check', digits, '--trust', 'seen'],
      ['estimate', digits],
      ['estimate', '--published'],
      ['doctor'],
      ['report', digits],
    ];
    for (const argv of commands) {
      for (const width of [80, 120]) {
        const lines = on(width, ...argv)
          .replaceAll(/<\w+ ([^>]*)>/g, '$1')
          .split('\n');
        const words = (line: string): number => line.trim().split(/\s+/).length;
        // A word that is longer than the line, such as a path, cannot be helped.
        for (const line of lines.filter((one) => words(one) > 2))
          expect(line.length, `ptfe ${argv.join(' ')}, ${width} columns: ${line}`).to.be.at.most(width);
      }
    }
    expect(on(80, 'check', digits))
      .to.contain('<good NPU>')
      .and.to.contain('<bad CPU>');
  });

  it('says one where it is one', () => {
    const texts = [
      ptfe('check', digits),
      ptfe('compile', digits, '-o', join(folder, 'x.plan')),
      ptfe('report', digits),
    ];
    for (const { out } of [...texts, ptfe('estimate', digits), ptfe('npu', 'facts', digits)])
      expect(out).to.not.match(
        /(?<![\d.,])1 (nodes|tasks|jobs|parts|models|ops|values|runs|facts|inferred facts|counts|cores)\b/,
      );
  });

  describe('as a program', () => {
    before(function () {
      if (!existsSync(cli)) return skip(this, 'tool: nothing is built (npm run build)');
      demandFresh('engine');
    });

    it('- is standard input, and standard output', () => {
      const plan = join(folder, 'digits.plan');
      expect(shell(`ptfe compile ${digits} -o '${plan}'`).status).to.equal(0);
      const piped = shell(`ptfe compile - -o - < ${digits}`);
      expect(String(piped.stderr)).to.match(/^-: \d+ bytes\n/);
      expect(Buffer.compare(piped.stdout, readFileSync(plan))).to.equal(0);
      expect(
        String(shell(`ptfe compile - -o - -q < ${digits} 2>/dev/null | ptfe disasm - | head -1`).stdout),
      ).to.contain('- part 0 of 1');
      expect(String(shell(`ptfe compile - < ${digits}`).stderr)).to.contain('(-o PLAN)');
      expect(String(shell(`ptfe compile ${digits} -o - --json`).stderr)).to.contain('both are standard output');
      expect(String(shell(`ptfe report ${digits} --html -`).stdout)).to.match(/^<!doctype html>/);
      const cut = shell(`ptfe cut ${digits} 0..3 -o - 2>/dev/null | ptfe check -`);
      expect(String(cut.stdout)).to.match(/^-: 4 of 4 nodes on the NPU/);
    });

    it('names a full disk, wherever it writes', function () {
      if (!existsSync('/dev/full')) return skip(this, 'board: no /dev/full');
      for (const script of [
        `ptfe compile ${digits} -o /dev/full`,
        `ptfe report ${digits} --html /dev/full`,
        `ptfe check ${digits} > /dev/full`,
        `ptfe compile ${digits} -o - > /dev/full`,
      ]) {
        const { status, stderr } = shell(script);
        expect(status, script).to.equal(2);
        expect(String(stderr), script).to.match(
          /(\/dev\/full|standard output): it cannot be written: no space left\n$/,
        );
      }
    });

    it('a program of its own has no colours in a pipe, nor with NO_COLOR', function () {
      const plain = String(shell(`ptfe check ${digits}`).stdout);
      expect(plain).to.not.contain('\x1b');
      if (spawnSync('script', ['--version']).status !== 0) return skip(this, 'board: no script(1) to make a terminal');
      const terminal = (variables: string): string =>
        String(
          shell(`${variables} script -qec "'${process.execPath}' '${cli}' check ${digits}" /dev/null`, {
            TERM: 'xterm-256color',
          }).stdout,
        );
      expect(terminal('env -u NO_COLOR -u CI')).to.contain('\x1b[32mNPU');
      expect(terminal('env NO_COLOR=1')).to.not.contain('\x1b[32m');
    });

    it('a terminal that says it has no columns, as a serial console does, breaks no line', function () {
      if (spawnSync('script', ['--version']).status !== 0) return skip(this, 'board: no script(1) to make a terminal');
      const inside = `stty cols 0; '${process.execPath}' '${cli}' check ${digits}`;
      const { stdout } = shell(`env NO_COLOR=1 script -qec "${inside}" /dev/null`);
      const lines = String(stdout).replaceAll('\r', '').split('\n');
      const plain = String(shell(`ptfe check ${digits}`).stdout).split('\n');
      expect(lines).to.deep.equal(plain);
    });

    it('bash completes commands, options, their words, and files', () => {
      const script = join(folder, 'completion.bash');
      writeFileSync(script, ptfe('completion', 'bash').out);
      const complete = (...words: readonly string[]): readonly string[] => {
        const quoted = words.map((word) => `'${word}'`).join(' ');
        const run = `source '${script}'; COMP_WORDS=(${quoted}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _ptfe; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const done = spawnSync('bash', ['--norc', '-c', run], { cwd: repository, encoding: 'utf8' });
        expect(done.stderr).to.equal('');
        return done.stdout.trim().split('\n');
      };
      expect(complete('ptfe', 'comp')).to.deep.equal(['compile', 'compare', 'completion']);
      expect(complete('ptfe', 'check', '--pre')).to.deep.equal(['--precision']);
      expect(complete('ptfe', 'check', '--precision', 'fast')).to.deep.equal(['fastest', 'fast']);
      expect(complete('ptfe', 'npu', 'fa')).to.deep.equal(['facts']);
      expect(complete('ptfe', 'check', 'examples/digits_i')).to.deep.equal([digits]);
      for (const { name, options } of subcommands)
        expect(complete('ptfe', name, '--')).to.include.members(Object.keys(options).map((option) => `--${option}`));
    });
  });

  it('zsh and fish have every command and option; another shell is refused', () => {
    const [zsh, fish] = [ptfe('completion', 'zsh').out, ptfe('completion', 'fish').out];
    for (const { name, options } of subcommands) {
      expect(zsh).to.contain(`    ${name}) _arguments `);
      for (const option of Object.keys(options)) {
        expect(zsh).to.contain(`--${option}`);
        expect(fish).to.match(new RegExp(`__fish_seen_subcommand_from ${name}' -l ${option}( |$)`, 'm'));
      }
    }
    expectRefused(ptfe('completion', 'csh'), 'csh: only bash, zsh, fish are known');
    for (const [program, text] of [
      ['zsh', zsh],
      ['fish', fish],
    ] as const) {
      const done = spawnSync(program, ['-n'], { input: text, encoding: 'utf8' });
      if (done.error === undefined) expect(done.status, `${program}: ${done.stderr}`).to.equal(0);
    }
  });

  it('the manual page has each command with its help, and nothing that roff takes for a request', () => {
    const { code, out } = ptfe('man');
    expect(code).to.equal(0);
    const plain = out.replaceAll('\\-', '-').replaceAll('\\&', '').replaceAll('\\e', '\\');
    for (const { name, summary, usage } of subcommands) {
      expect(plain).to.contain(`.SS ${name}: ${summary}`);
      for (const line of usage.trimEnd().split('\n')) expect(plain).to.contain(line);
    }
    const requests = new Set([...out.matchAll(/^\.(\w+)/gm)].map(([, request = '']) => request));
    expect([...requests].sort()).to.deep.equal(['B', 'PP', 'SH', 'SS', 'TH', 'TP', 'fi', 'nf']);
    expect(out).to.not.match(/^'/m);
    const groff = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], { input: out, encoding: 'utf8' });
    if (groff.error === undefined) expect(groff.stderr).to.equal('');
  });

  it('compare finds a Python by itself, or says how to get one', function () {
    const empty = mkdtempSync(join(folder, 'path-'));
    const { out, code, err } = ((): ReturnType<typeof ptfe> => {
      const [path, python, cwd] = [process.env['PATH'], process.env['PTFE_PYTHON'], process.cwd()];
      try {
        process.env['PATH'] = empty;
        delete process.env['PTFE_PYTHON'];
        writeFileSync(join(empty, 'python3'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
        process.chdir(empty);
        return ptfe('compare', join(repository, digits), '--json');
      } finally {
        process.chdir(cwd);
        process.env['PATH'] = path;
        if (python !== undefined) process.env['PTFE_PYTHON'] = python;
      }
    })();
    if (code !== 2) return; // a checkout with environments of its own: one of them was found
    expect(err).to.match(
      /Python: none of .*python3.* has TFLite and numpy \(python3 -m venv .*pip install ai-edge-litert/,
    );
    expect(JSON.parse(out)).to.have.nested.property('error.code', 'no-file');
  });
});
