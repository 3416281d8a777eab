// Runs the long steps of `npm run demo` and `npm run bench` and says what is going on: a spinner on a terminal,
// plain lines elsewhere.
import { spawn } from 'node:child_process';

const frames = ['|', '/', '-', '\\'];
const quietSeconds = 15;

/** A failure with its remedy: printed as one line, without a stack. */
export class StepError extends Error {}

/** Runs a command; resolves to what it printed. Its output is shown only when it fails, as the lines that matter. */
export async function step(title, command, args, { remedy = '', cwd, env = process.env } = {}) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const terminal = process.stdout.isTTY;
  let frame = 0;
  if (!terminal) console.log(`${title} ...`);
  let nextLine = quietSeconds;
  const timer = setInterval(
    () => {
      if (terminal) process.stdout.write(`\r${frames[frame++ % frames.length]} ${title} (${seconds()} s) `);
      else if (seconds() >= nextLine) {
        console.log(`${title} ... ${seconds()} s`);
        nextLine += quietSeconds;
      }
    },
    terminal ? 120 : 1000,
  );
  const result = await run(command, args, { cwd, env });
  clearInterval(timer);
  if (terminal) process.stdout.write('\r\x1b[K');
  if (!result.ok) throw new StepError(`${title} failed: ${tellingLine(result)}${remedy && `\n  ${remedy}`}`);
  console.log(`${title}: done (${seconds()} s)`);
  return result.stdout;
}

/** Runs a command without a word; never throws. */
export function run(command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', (error) => resolve({ ok: false, code: -1, stdout, stderr: error.message }));
    child.on('close', (code, signal) => resolve({ ok: code === 0, code: code ?? signal, stdout, stderr }));
  });
}

/** Of a failed command's output, the line that says why. */
export function tellingLine({ stdout, stderr, code }) {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /error|cannot|not found/i.test(line)) ?? lines.at(-1) ?? `status ${code}`).trim();
}
