import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repository } from './repository.js';
import { skip } from './skip.js';

/** Reference material beside the repository; where it is absent, the tests that compare with it skip. */
export const sharedFolder = process.env['PTFE_SHARED'] ?? join(repository, '../shared');

export const sharedPath = (path: string): string => join(sharedFolder, path);

export const isShared = (path: string): boolean => existsSync(sharedPath(path));

/** Skips the running test with a line when the file is not there. */
export function needShared(context: Mocha.Context, path: string): void {
  if (isShared(path)) return;
  return skip(context, `shared: ${sharedPath(path)} is not here`);
}

export const sharedJson = (path: string): unknown => {
  const bytes = readFileSync(sharedPath(path));
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
};

/** Real models and sample pictures beside the repository; nothing of them is part of it. */
export const modelFolder = process.env['PTFE_MODEL_FOLDER'] ?? sharedPath('models');
export const zooIsHere = existsSync(join(modelFolder, 'models.json'));
