import { expect } from 'chai';
import { build } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../host/repository.js';

/** What others wrote and is bundled into dist/ is named, with its license, in THIRD_PARTY_NOTICES. */
describe('THIRD_PARTY_NOTICES', () => {
  it('names every package in the bundles, and holds its license', async () => {
    const { metafile } = await build({
      absWorkingDir: repository,
      entryPoints: ['src/engine.ts', 'src/index.ts', 'src/cli.ts', 'src/wasm.ts'],
      outdir: 'build/notices',
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
    });
    const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
    const packages = new Set(bundled.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
    expect([...packages], 'what is bundled').to.include('flatbuffers');
    packages.add('emnapi'); // its C code, in the .wasm of the addon
    const notices = readFileSync(join(repository, 'THIRD_PARTY_NOTICES'), 'utf8');
    const squeezed = (text: string): string => text.replace(/\s+/g, ' ');
    for (const name of packages) {
      expect(notices, name).to.contain(`package ${name}`);
      const license = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'license']
        .map((file) => join(repository, 'node_modules', name, file))
        .find((file) => existsSync(file));
      if (license === undefined) throw new Error(`${name} comes without a license`);
      expect(squeezed(notices), name).to.contain(squeezed(readFileSync(license, 'utf8')).trim());
    }
  });

  it('is in the package', () => {
    const { files } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      readonly files: readonly string[];
    };
    expect(files).to.include.members(['THIRD_PARTY_NOTICES', 'docs']);
  });
});
