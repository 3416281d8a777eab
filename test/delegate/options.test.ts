import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { facts } from '../../src/hardware/facts.js';
import {
  allowedOf,
  type DelegateOption,
  delegateOptions,
  foreignOptions,
  variableOf,
} from '../../src/wire/delegate_options.js';
import { valueFault } from '../../src/wire/option_values.js';
import { readSentOptions } from '../../src/wire/sent_options.js';
import { addressSanitizer, buildProgram } from '../host/native_program.js';
import { seededRandom } from '../host/random.js';
import { repository } from '../host/repository.js';
import { seeds } from '../host/seeds.js';
import { skip } from '../host/skip.js';

const options: readonly DelegateOption[] = delegateOptions;

interface Read {
  readonly value: string;
  readonly sent: string;
}

/** `delegate/util/options.c`, alone in a program. */
class OptionsInC {
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }
  #run(args: readonly string[], variables: Readonly<Record<string, string>>, input = ''): string {
    const env = { HOME: '/home/somebody', ...variables };
    const { stdout, stderr, status } = spawnSync(this.#path, args, { encoding: 'utf8', env, cwd: '/', input });
    expect(status, stderr.slice(0, 2000)).to.equal(0);
    return stdout;
  }
  /** What it says of each value; '' where it takes it. */
  checks(pairs: readonly (readonly [name: string, value: string])[]): readonly string[] {
    const lines = pairs.map(([name, value]) => `${name}\t${value}\n`).join('');
    return this.#run(['check'], {}, lines).split('\n').slice(0, -1);
  }
  /** All options by name, or what it says. */
  read(given: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) {
    const args = Object.entries(given).map(([name, value]) => `${name}=${value}`);
    const out = this.#run(args, variables);
    if (!out.includes('\t')) return out.trimEnd();
    return new Map<string, Read>(
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t'))
        .map(([name = '', value = '', sent = '']) => [name, { value, sent }]),
    );
  }
}

/** Values at the edge of what an option takes, and next to its words. */
const edgesOf = ({ kind }: DelegateOption): readonly string[] => {
  switch (kind.is) {
    case 'words': {
      const words = [...kind.words, ...(kind.later ?? [])];
      const pairs = words.map((word, i) => `${word}|${words[i + 1] ?? ''}`);
      return [
        ...words,
        ...words.flatMap((word) => [word.slice(1), `${word} `, word.toUpperCase(), `${word}x`]),
        ...pairs,
      ];
    }
    case 'number': {
      const { least, most } = kind;
      const numbers = [least - 1, least, least + 1, most - 1, most, most + 1, 0, -1, 2 ** 31, 2 ** 32 + least, 1e20];
      const spelt = (text: number): readonly string[] => [
        `${text} `,
        ` ${text}`,
        `+${text}`,
        `0${text}`,
        `${text}.0`,
        `0x${text}`,
      ];
      return [...numbers.map((number) => BigInt(number).toString()), ...spelt(least), ...spelt(most), '1e3', 'ten'];
    }
    case 'file':
      return ['~', '~/x', 'x', './x', '/x', 'off', '~user'];
    case 'facts': {
      const all = facts.map(({ name, values }) => `${name}=${values[0] ?? ''}`);
      const [first = ''] = all;
      const names = facts.flatMap(({ name, values }) => [
        name,
        `${name}=`,
        `${name}=x`,
        ...values.map((v) => `${name}=${v}`),
      ]);
      const long = ['n'.repeat(63), 'n'.repeat(64), `${first}${'v'.repeat(70)}`, `n=${'v'.repeat(63)}`];
      return [...names, ...long, all.join(','), `${first},`, `,${first}`, `${first},,${first}`, `${first}=`, ','];
    }
  }
};

const anywhere = [
  '',
  'x'.repeat(79),
  'x'.repeat(80),
  'x'.repeat(81),
  'x'.repeat(500),
  'ä'.repeat(60),
  '%s%n',
  '"',
  '\\',
];

describe('delegate: options', function () {
  this.timeout(60_000);
  let inC: OptionsInC;

  before(function () {
    const units = [
      'util/options.c',
      'util/option_names.c',
      'util/paths.c',
      'util/error.c',
      'device/facts_option.c',
      'npu/facts.c',
    ];
    const built = buildProgram({
      name: 'options',
      units: [
        join(import.meta.dirname, 'fixtures/options.c'),
        ...units.map((unit) => join(repository, 'delegate', unit)),
      ],
      flags: addressSanitizer,
      linking: ['-ldl'],
    });
    if ('why' in built) skip(this, built.why);
    else inC = new OptionsInC(built.path);
  });

  it('all of the table are read, in its order, each with its initial value; those are sent that it says', () => {
    const read = inC.read({});
    if (typeof read === 'string') throw new Error(read);
    expect([...read.keys()]).to.deep.equal(options.map(({ name }) => name));
    for (const { name, initial, sent, found } of options) {
      expect(read.get(name)?.value, name).to.equal(initial);
      if (!sent) expect(read.get(name)?.sent, name).to.equal('');
      else if (found === undefined) expect(read.get(name)?.sent, name).to.equal(initial);
      else expect(read.get(name)?.sent, name).to.equal(found.otherwise);
    }
  });

  it('the engine reads what C sends, and the same where it sends nothing', () => {
    for (const option of options.filter(({ sent }) => sent)) {
      const words = option.kind.is === 'words' ? option.kind.words : [];
      expect(words, `${option.name} is a choice of words`).to.not.have.length(0);
      for (const word of words) {
        const read = inC.read({ [option.name]: word });
        if (typeof read === 'string') throw new Error(read);
        const given = [...read].flatMap(([key, { sent }]) => (sent === '' ? [] : [{ key, value: sent }]));
        const engine: Readonly<Record<string, string>> = readSentOptions(given);
        expect(engine[option.name]).to.equal(word === option.found?.word ? option.found.otherwise : word);
        expect(() => readSentOptions([{ key: option.name, value: `${word}x` }])).to.throw('is not known');
        if (word === option.initial) expect(readSentOptions([])).to.deep.equal(engine);
      }
    }
    const [unsent] = options.filter(({ sent }) => !sent);
    expect(() => readSentOptions([{ key: unsent?.name ?? '', value: '' }])).to.throw('is not known');
  });

  it('values at the edges: TypeScript and C say the same, and what the documentation says is taken', () => {
    const pairs = options.flatMap((option) => [...edgesOf(option), ...anywhere].map((value) => ({ option, value })));
    const said = inC.checks(pairs.map(({ option, value }) => [option.name, value]));
    let [taken, refused] = [0, 0];
    for (const [i, { option, value }] of pairs.entries()) {
      const fault = valueFault(option, value);
      const text = said[i] ?? 'nothing';
      const why = `${option.name}=${value}`;
      if (fault === null) {
        expect(text, why).to.equal('');
        taken++;
        continue;
      }
      refused++;
      expect(text, why).to.not.equal('');
      // C cuts what is longer than its buffer.
      expect(fault.slice(0, text.length), why).to.equal(text);
      expect(text.length === fault.length || text.length > 900, why).to.equal(true);
      if (option.kind.is !== 'facts' && value !== '~') expect(text, why).to.contain(`(allowed: ${allowedOf(option)})`);
    }
    expect(taken).to.be.above(100);
    expect(refused).to.be.above(200);
  });

  it('random values: the same', () => {
    for (const seed of seeds) {
      const random = seededRandom(seed);
      const letters = '0123456789abcdefxyz|=,~/ _-.';
      const mixed = (text: string): string =>
        [...text]
          .map((letter) => (random.chance(0.05) ? letters.charAt(random.integer(0, letters.length - 1)) : letter))
          .join('');
      const pairs = Array.from({ length: 2000 }, () => {
        const option = options[random.integer(0, options.length - 1)] ?? delegateOptions[0];
        const among = [...edgesOf(option), ...anywhere];
        return { option, value: mixed(among[random.integer(0, among.length - 1)] ?? '') };
      });
      const said = inC.checks(pairs.map(({ option, value }) => [option.name, value]));
      for (const [i, { option, value }] of pairs.entries()) {
        const fault = valueFault(option, value) ?? '';
        const text = said[i] ?? 'nothing';
        expect(text, `${option.name}=${value}`).to.equal(fault.slice(0, Math.max(text.length, fault === '' ? 0 : 1)));
      }
    }
  });

  it('from a variable, by its name and by another key; the host wins, and its variable is not looked at', () => {
    for (const option of options) {
      const { name, alias, example, initial } = option;
      const variable = variableOf(option);
      const valueOf = (read: string | ReadonlyMap<string, Read>): string | undefined =>
        typeof read === 'string' ? read : read.get(name)?.value;
      const given = valueOf(inC.read({ [name]: example }));
      expect(given, name).to.equal(option.kind.is === 'file' && !example.startsWith('/') ? `/${example}` : example);
      expect(valueOf(inC.read({}, { [variable]: example })), variable).to.equal(given);
      expect(valueOf(inC.read({}, { [variable]: '' })), 'an empty one counts as none').to.equal(initial);
      if (alias !== undefined) expect(valueOf(inC.read({ [alias]: example })), alias).to.equal(given);
      const wrong = [...edgesOf(option)].find((value) => value !== '' && valueFault(option, value) !== null) ?? '';
      expect(inC.read({}, { [variable]: wrong })).to.equal(`${valueFault(option, wrong) ?? ''}, from ${variable}`);
      for (const key of [name, ...(alias === undefined ? [] : [alias])])
        expect(valueOf(inC.read({ [key]: example }, { [variable]: wrong })), key).to.equal(given);
    }
  });

  it('names of files are absolute, but for words in their place and what PATH finds', () => {
    for (const option of options) {
      const { name, kind } = option;
      if (kind.is !== 'file') continue;
      const valueOf = (value: string): string | undefined => {
        const read = inC.read({ [name]: value });
        return typeof read === 'string' ? read : read.get(name)?.value;
      };
      expect(valueOf('a/b'), name).to.equal('/a/b');
      expect(valueOf('~/b'), name).to.equal('/home/somebody/b');
      expect(valueOf('/b'), name).to.equal('/b');
      expect(valueOf(''), name).to.equal('');
      expect(valueOf('plain'), name).to.equal(kind.searched === true ? 'plain' : '/plain');
      expect(valueOf('off'), name).to.equal(kind.word === 'off' || kind.searched === true ? 'off' : '/off');
    }
  });

  it('an unknown key names all options with their values', () => {
    const all = options.map((option) => `${option.name}=${allowedOf(option)}`).join(' ');
    expect(inC.read({ color: 'npu' })).to.equal(`unknown option "color" (options: ${all})`);
    expect(inC.checks([['', 'npu']])).to.deep.equal([`unknown option "" (options: ${all})`]);
  });

  it('a misspelt key is told the one that was meant', () => {
    const meant = (key: string): string | undefined =>
      /did you mean "(\w+)"\?/.exec(String(inC.read({ [key]: '1' })))?.[1];
    for (const { name } of options) {
      const middle = name.length >> 1;
      const [head, letter, tail] = [name.slice(0, middle), name.slice(middle, middle + 1), name.slice(middle + 1)];
      const exchanged = `${head}${tail.slice(0, 1)}${letter}${tail.slice(1)}`;
      for (const wrong of [`${head}${tail}`, `${head}x${letter}${tail}`, `${head}#${tail}`, exchanged])
        if (wrong !== name) expect(meant(wrong), wrong).to.equal(name);
    }
    for (const far of ['', 'x', 'color', 'threads', 'num_threads', 'n'.repeat(300)])
      expect(meant(far), far).to.equal(undefined);
  });

  it('keys of other delegates are let pass, near ones are not', () => {
    for (const { name } of foreignOptions) {
      const read = inC.read({ [name]: 'verbose', device: 'none' });
      expect(typeof read === 'string' ? read : read.get('device')?.value).to.equal('none');
      expect(inC.read({ [`${name}S`]: '1' })).to.match(/^unknown option /);
    }
  });
});
