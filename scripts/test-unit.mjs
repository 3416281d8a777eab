// `npm run test:unit [FILE...]`: the unit tests, or those among the files. `--watch`: again after each edit. `--list`: their names.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { unitTests } from './unit.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [files, options] = [true, false].map((isFile) =>
  process.argv.slice(2).filter((word) => word.startsWith('test/') === isFile),
);
const tests = await unitTests(root, files.length > 0 ? files : undefined);
if (options.includes('--list')) {
  console.log(tests.join('\n'));
} else {
  const watching = options.includes('--watch') ? ['--watch-files', 'src,test,package.json'] : [];
  const mocha = ['node_modules/mocha/bin/mocha.js', '--require', 'test/host/no_processes.cjs'];
  // Each commit is judged alike, and quickly: `npm test` takes fresh seeds and more files.
  const env = { PTFE_SEED: '1', PTFE_FUZZ_FILES: '300', ...process.env };
  const { status } = spawnSync(process.execPath, [...mocha, ...options, ...watching, ...tests], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
