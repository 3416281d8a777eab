/** Which machine, which sources, and how busy. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, machine, release, totalmem } from 'node:os';
import { repository } from '../test/host/repository.js';
import type { Machine } from './figures.js';

export const thisMachine = (): Machine => ({
  cpu: `${cpus()[0]?.model.trim() ?? 'unknown'} (${machine()})`,
  cores: availableParallelism(),
  memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  system: `Linux ${release()}, Node ${process.versions.node}`,
});

export const loadNow = (): number => Math.round((loadavg()[0] ?? NaN) * 10) / 10;

export const commitNow = (): string => {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=10'], {
    cwd: repository,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : 'unknown';
};
