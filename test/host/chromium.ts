/**
 * Debian's headless Chromium, told what to do over a pipe (Chrome DevTools Protocol, NUL between messages): the one on PATH,
 * PTFE_CHROMIUM's, or the package with what it lacks here, unpacked into .cache/ without root.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

const cache = join(repository, '.cache/chromium');
const unpacked = join(cache, 'root/usr/lib/chromium/chromium-headless-shell');
const names = ['chromium-headless-shell', 'chromium', 'google-chrome'];

const works = (program: string): boolean =>
  spawnSync(program, ['--version'], { env: environment, timeout: 20_000 }).status === 0;

/** Libraries that the package brought; the system's come first where both are there. */
const libraries = join(cache, 'root/usr/lib/x86_64-linux-gnu');
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  LD_LIBRARY_PATH: [libraries, join(libraries, 'pulseaudio'), process.env['LD_LIBRARY_PATH'] ?? ''].join(':'),
};

const download = (): Lack | null => {
  const archives = join(cache, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const flags = ['-y', '-qq', '--no-install-recommends', '--download-only'];
  const settings = [
    '-o',
    `Dir::Cache::archives=${archives}`,
    '-o',
    'APT::Sandbox::User=root',
    '-o',
    'Debug::NoLocking=1',
  ];
  const got = spawnSync('apt-get', [...flags, ...settings, 'install', 'chromium-headless-shell'], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (got.error !== undefined) return 'network: no Chromium, and no apt-get to bring one';
  if (got.status !== 0)
    return `network: no Chromium: ${got.stderr.trim().split('\n').at(-1) ?? 'apt-get brings none'} (apt-get update)`;
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb')))
    spawnSync('dpkg', ['-x', join(archives, file), join(cache, 'root')]);
  return null;
};

const findProgram = (): string | Lack => {
  const asked = process.env['PTFE_CHROMIUM'];
  const found = [...(asked === undefined ? names : [asked]), unpacked].find(works);
  if (found !== undefined) return found;
  if (process.arch !== 'x64') return 'network: no Chromium, and none to bring for this processor';
  const lack = existsSync(unpacked) ? null : download();
  if (lack !== null) return lack;
  return works(unpacked) ? unpacked : 'board: Chromium does not start here';
};

const isLack = (text: string): text is Lack => /^(tool|network|board|shared): /.test(text);

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A page of the browser. */
export interface Tab {
  /** Loads a page, and waits for its load event. */
  readonly open: (url: string) => Promise<void>;
  readonly resize: (width: number, height: number) => Promise<void>;
  readonly dark: (isDark: boolean) => Promise<void>;
  /** The value of an expression, awaited. @throws Error with the page's own */
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly press: (key: string) => Promise<void>;
  /** A PNG file. */
  readonly picture: () => Promise<Uint8Array>;
  /** Errors that nothing caught, and messages of console.error, since the page was opened. */
  readonly errors: () => readonly string[];
}

export interface Browser {
  readonly tab: () => Promise<Tab>;
  /** Ends it, and forgets what it wrote. */
  readonly close: () => Promise<void>;
}

const keyCodes: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  ArrowDown: 40,
  ArrowRight: 39,
  ArrowUp: 38,
  ArrowLeft: 37,
};

/** @returns why there is none: a test skips with it */
export const startChromium = (): Browser | Lack => {
  const program = findProgram();
  if (isLack(program)) return program;
  const profile = mkdtempSync(join(tmpdir(), 'ptfe-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-pipe'];
  const child: ChildProcess = spawn(program, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let [last, rest] = [0, ''];
  from.setEncoding('utf8');
  from.on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const one of messages) {
      const message = JSON.parse(one) as Message;
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else waiting.get(message.id)?.(message);
    }
  });
  const send = (method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      to.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });
  const tab = async (): Promise<Tab> => {
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
    const own = (method: string, params: object = {}) => send(method, params, String(sessionId));
    let errors: string[] = [];
    listeners.add(({ method, params }) => {
      if (method === 'Runtime.exceptionThrown') errors.push(JSON.stringify(params));
      if (method === 'Runtime.consoleAPICalled' && params?.['type'] === 'error') errors.push(JSON.stringify(params));
    });
    await own('Page.enable');
    await own('Runtime.enable');
    return {
      open: async (url) => {
        errors = [];
        const loaded = new Promise<void>((resolve) => {
          const listener = ({ method }: Message): void => {
            if (method !== 'Page.loadEventFired') return;
            listeners.delete(listener);
            resolve();
          };
          listeners.add(listener);
        });
        await own('Page.navigate', { url });
        await loaded;
      },
      resize: async (width, height) =>
        void (await own('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })),
      dark: async (isDark) =>
        void (await own('Emulation.setEmulatedMedia', {
          features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }],
        })),
      evaluate: async (expression) => {
        const got = await own('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
        if (got['exceptionDetails'] !== undefined) throw new Error(JSON.stringify(got['exceptionDetails']));
        return (got['result'] as { readonly value?: unknown }).value;
      },
      press: async (key) => {
        const code = { key, windowsVirtualKeyCode: keyCodes[key] ?? 0, ...(key === 'Enter' ? { text: '\r' } : {}) };
        await own('Input.dispatchKeyEvent', { type: 'keyDown', ...code });
        await own('Input.dispatchKeyEvent', { type: 'keyUp', ...code });
      },
      picture: async () => Buffer.from(String((await own('Page.captureScreenshot'))['data']), 'base64'),
      errors: () => errors,
    };
  };
  return {
    tab,
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await Promise.race([send('Browser.close'), ended]);
      await ended;
      from.destroy();
      to.destroy();
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
};
