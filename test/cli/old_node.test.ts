import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demandFresh } from '../host/fresh.js';
import { repository } from '../host/repository.js';

const programs = ['engine', 'cli', 'index'].map((name) => join(repository, 'dist', `${name}.mjs`));

describe('programs: on a Node that is too old', () => {
  before(() => demandFresh('engine'));

  it('one line says which is needed', () => {
    for (const version of ['12.22.12', '18.20.8', '20.18.9']) {
      const fake = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
      const old = `data:text/javascript,${encodeURIComponent(fake)}`;
      for (const program of programs) {
        const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', old, program], {
          encoding: 'utf8',
        });
        const line = `Error: ptfe needs Node 20.19 or later, and this is Node ${version}\n`;
        // The library throws: another's program is not ended.
        if (program.endsWith('index.mjs')) expect(stderr).to.contain(line);
        else expect([status, stdout, stderr]).to.deep.equal([2, '', line]);
      }
    }
  });

  it('nothing that Node 12 cannot read or import stands before that line', () => {
    // Names that its modules have; others end a program before its first line.
    const known = new Set(
      'accessSync closeSync constants existsSync fstatSync openSync readdirSync readFileSync readSync readlinkSync statSync writeFileSync writeSync lstatSync mkdirSync realpathSync renameSync unlinkSync basename dirname join resolve relative isAbsolute createHash createRequire gunzipSync gzipSync homedir tmpdir spawnSync fileURLToPath pathToFileURL performance Script Worker'.split(
        ' ',
      ),
    );
    for (const program of programs) {
      const text = readFileSync(program, 'utf8');
      const names = [...text.matchAll(/^import \{([^}]*)\} from/gm)].flatMap(([, list = '']) => list.split(','));
      expect(names.map((name) => name.trim().replace(/ as .*/, '')).filter((name) => !known.has(name))).to.deep.equal(
        [],
      );
      expect(text, program).to.not.match(/\?\?=|\|\|=|&&=|static \{|[\w)\]]\?\.[\w(["]/);
    }
  });
});
