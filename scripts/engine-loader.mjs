// The beginning of dist/engine.mjs; build-engine.mjs puts the compiler's source, as text, and its hash in the place of the
// two names. What V8 makes of the source is kept in the delegate's cache, which is open as fd 3 where the delegate says
// `code`: a third of the compiler's start is gone with it.
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { Script } from 'node:vm';

const [source, id] = [ENGINE_SOURCE, ENGINE_ID];

const modules = { crypto, fs };
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('sha256')).digest();
const digestBytes = 32;
// The digest of what follows comes first: V8 itself does not notice a flipped bit.
const name = sha256(id, process.version, process.versions.v8, process.arch).toString('hex');
const path = process.argv.includes('code') ? `/proc/self/fd/3/${name}.code` : null;

/** Only what nobody else can write is run. */
const read = () => {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    const { uid, mode } = fs.fstatSync(fd);
    if ((uid !== 0 && uid !== process.geteuid()) || (mode & 0o170022) !== 0o100000) return undefined;
    const bytes = fs.readFileSync(fd);
    const code = bytes.subarray(digestBytes);
    return sha256(code).equals(bytes.subarray(0, digestBytes)) ? code : undefined;
  } finally {
    fs.closeSync(fd);
  }
};

const attempt = (work) => {
  try {
    return path === null ? undefined : work();
  } catch {
    return undefined; // without it the compiler starts a little later
  }
};

const cachedData = attempt(read);
const script = new Script(source, { filename: 'engine.mjs', cachedData });
const isKnown = cachedData !== undefined && script.cachedDataRejected !== true;

/** When most of the compiler has run once: functions that did not are not in it. */
const keepCode = () =>
  attempt(() => {
    if (isKnown) return;
    const unfinished = `${path}.${process.pid}.${Date.now()}`;
    const code = script.createCachedData();
    try {
      fs.writeFileSync(unfinished, Buffer.concat([sha256(code), code]), { mode: 0o644, flag: 'wx' });
      fs.renameSync(unfinished, path);
    } catch {
      fs.rmSync(unfinished, { force: true });
    }
  });

script.runInThisContext()((wanted) => modules[wanted.replace('node:', '')], keepCode);
