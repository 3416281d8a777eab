import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changelogFault, contentFaults, elfFaults } from '../../scripts/package/release.mjs';
import { repository } from '../host/repository.js';

/** The head of an ELF file, and what stands in its tables of names. */
const elf = (machine: number, ...names: readonly string[]): Buffer => {
  const head = Buffer.alloc(64);
  head.write('\x7fELF', 'latin1');
  head.writeUInt16LE(machine, 18);
  return Buffer.concat([head, Buffer.from(names.map((name) => `${name}\0`).join(''))]);
};

describe('npm run release:check', () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    readonly version: string;
  };

  it('wants the version and a date over the newest entry of the changelog', () => {
    expect(changelogFault('# Changelog\n\n## 1.2.3 (2026-11-27)\n- x\n', '1.2.3')).to.equal(null);
    expect(changelogFault('## 1.2.3 (unreleased)\n', '1.2.3')).to.equal('1.2.3 has no date: (unreleased)');
    expect(changelogFault('## 1.2.2 (2026-11-27)\n', '1.2.3')).to.contain('is of 1.2.2');
    expect(changelogFault('# Changelog\n', '1.2.3')).to.contain('no heading');
    const ours = changelogFault(readFileSync(join(repository, 'CHANGELOG.md'), 'utf8'), version);
    expect([null, `${version} has no date: (unreleased)`]).to.include(ours);
  });

  it('wants native files for the right machine, and an old C library', () => {
    expect(elfFaults(elf(62, 'GLIBC_2.2.5', 'GLIBC_2.28'), 'x86_64')).to.deep.equal([]);
    expect(elfFaults(elf(183), 'x86_64')).to.deep.equal(['it is for aarch64']);
    expect(elfFaults(elf(40), 'aarch64')).to.deep.equal(['it is for another machine']);
    for (const newer of ['2.29', '2.100', '3.0'])
      expect(elfFaults(elf(62, `GLIBC_${newer}`), 'x86_64')).to.deep.equal([`it needs glibc ${newer}, above 2.28`]);
    expect(elfFaults(Buffer.from('no library'), 'x86_64')).to.deep.equal(['no ELF file']);
  });

  it('wants every file that was promised, and no path of the machine that made it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-content-'));
    const wanted = { needed: ['LICENSE', 'prebuilds/x86_64/libptfe.so'], hidden: '/home/somebody/ptfe' };
    mkdirSync(join(folder, 'package/prebuilds/x86_64'), { recursive: true });
    const library = join(folder, 'package/prebuilds/x86_64/libptfe.so');
    writeFileSync(library, elf(62));
    expect(contentFaults(folder, wanted)).to.deep.equal(['it lacks LICENSE']);
    writeFileSync(join(folder, 'package/LICENSE'), 'MIT');
    expect(contentFaults(folder, wanted)).to.deep.equal([]);
    // A path that names a machine is held to it; else what the artefact is for.
    writeFileSync(library, elf(183));
    writeFileSync(join(folder, 'package/ptfe_addon.node'), elf(62, '/home/somebody/ptfe/delegate'));
    expect(contentFaults(folder, { ...wanted, machine: 'aarch64' }).toSorted()).to.deep.equal([
      'package/prebuilds/x86_64/libptfe.so: it is for aarch64',
      'package/ptfe_addon.node: it is for x86_64',
      'package/ptfe_addon.node: it names /home/somebody/ptfe',
    ]);
    rmSync(folder, { recursive: true });
  });
});
