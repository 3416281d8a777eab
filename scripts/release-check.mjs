// `npm run release:check`: makes every artefact of a release and looks at each: one version, the licenses of all that is bundled,
// the right machine, no C library newer than promised, no path of this machine. Ends with what is wrong, or with sizes and
// digests. What the artefacts do when they are installed, test/install/ says.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { debMachines, makeDeb } from './package/deb.mjs';
import { packNpm, prepareNpm } from './package/npm.mjs';
import { packagingPython, root, run, version } from './package/packaging.mjs';
import { changelogFault, contentFaults } from './package/release.mjs';
import { makeWheel, wheelTags } from './package/wheel.mjs';
import { prebuiltTargets } from './prebuilt.mjs';

const machineOf = (target) => target.split('-')[0];
const programs = ['engine.mjs', 'cli.mjs', 'reference.py', 'libptfe.so', 'ptfe_addon.node'];
const licenses = ['LICENSE', 'THIRD_PARTY_NOTICES'];

/** Artefacts: how each is made and unpacked, and what must be in it. */
const artefacts = [
  ...Object.keys(wheelTags).map((target) => ({
    make: () => makeWheel(target),
    unpack: (file, to) => run(packagingPython(), ['-m', 'zipfile', '-e', file, to]),
    wanted: { machine: machineOf(target), needed: [...programs, ...licenses, `ptfe-${version}.dist-info/METADATA`] },
  })),
  {
    make: () => {
      prepareNpm(Object.keys(prebuiltTargets));
      return packNpm();
    },
    unpack: (file, to) => run('tar', ['-xzf', file, '-C', to]),
    wanted: {
      needed: [
        ...programs,
        ...licenses,
        ...[
          'index.mjs',
          'worker.mjs',
          'ptfe.wasm',
          'ptfe_addon.wasm',
          'wasm.cjs',
          'types/index.d.ts',
          'browser/index.mjs',
          'browser/worker.mjs',
        ].map((name) => `dist/${name}`),
        ...Object.keys(prebuiltTargets).flatMap((target) =>
          ['libptfe.so', 'ptfe_addon.node'].map((name) => `prebuilds/${target}/${name}`),
        ),
      ],
    },
  },
  ...Object.keys(debMachines).map((target) => ({
    make: () => makeDeb(target),
    unpack: (file, to) => run('dpkg-deb', ['-x', file, to]),
    wanted: { machine: target, needed: [...programs, 'copyright', 'changelog.gz', '60-ptfe.rules'] },
  })),
];

const faults = [];
const wrong = (what, list) => faults.push(...list.map((fault) => `${what}: ${fault}`));

const changelog = changelogFault(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
wrong('CHANGELOG.md', changelog === null ? [] : [changelog]);
const scratch = mkdtempSync(join(tmpdir(), 'ptfe-release-'));
try {
  for (const { make, unpack, wanted } of artefacts) {
    const file = make();
    const folder = join(scratch, basename(file));
    mkdirSync(folder);
    unpack(file, folder);
    const bytes = readFileSync(file);
    const digest = createHash('sha256').update(bytes).digest('hex');
    console.log(`${digest}  ${String(bytes.length).padStart(8)}  ${basename(file)}`);
    if (!basename(file).includes(version)) wrong(basename(file), [`its name lacks the version ${version}`]);
    wrong(basename(file), contentFaults(folder, { ...wanted, hidden: root }));
  }
} catch (error) {
  wrong('release:check', [error.message]);
} finally {
  rmSync(scratch, { recursive: true });
}
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? `ptfe ${version} can be released` : `${faults.length} to put right`);
process.exitCode = faults.length === 0 ? 0 : 1;
