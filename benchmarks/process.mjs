// A running measure.py: one configuration, kept alive, so that rounds of all configurations can alternate.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { StepError } from '../scripts/demo/progress.mjs';

export function startMeasuring({ root, python, model, kernels, delegate, env }) {
  const args = [join(root, 'benchmarks/measure.py'), model, kernels, ...(delegate ? [delegate] : [])];
  const child = spawn(python, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const waiting = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}); // a process that died is reported by 'close'
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"ms"')) waiting.shift()?.resolve(JSON.parse(line).ms);
  });
  const fail = (reason) => waiting.splice(0).forEach(({ reject }) => reject(new StepError(reason)));
  child.on('error', (error) => fail(error.message));
  child.on('close', (code, signal) =>
    fail(`measure.py ended (${signal ?? code}): ${stderr.trim().split('\n').at(-1)}`),
  );
  const ask = (line) =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        reject(new StepError(`measure.py has ended: ${stderr.trim().split('\n').at(-1)}`));
        return;
      }
      waiting.push({ resolve, reject });
      child.stdin.write(`${line}\n`);
    });
  return {
    prepare: (options = '') => ask(`prepare ${options}`),
    invoke: (count) => ask(`invoke ${count}`),
    /** What it wrote on stderr so far. */
    said: () => stderr,
    stop: async () => {
      child.stdin.end();
      await closed;
    },
  };
}
