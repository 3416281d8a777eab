/** Digests of what the compiler makes of groups of models (`test/replay/compiled.ts`), a line for each group and setting. */
import { readFileSync } from 'node:fs';
import { type CompileOptions, compileTflite } from '../../src/compile.js';
import { planEntries } from '../../src/explain/plan_text.js';
import { readPlan } from '../../src/plan/read.js';
import { readTflite, subgraphCount } from '../../src/tflite/reader.js';
import { compiledModel, type Compiler, digestsOf } from '../replay/compiled.js';
import type { ReplayModel } from '../replay/op_models.js';

export const digestFile = new URL('digests.list', import.meta.url);

export interface DigestLine {
  /** Group and setting. */
  readonly key: string;
  readonly own: boolean;
  readonly models: readonly ReplayModel[];
  readonly setting: string;
}

/** The compiler of this tree; `npm run replay` loads those of other commits. */
const compiler: Compiler = {
  // Its settings are those of compiled.ts; the API looks at each.
  compile: (bytes, options, graph) => compileTflite(bytes, options as unknown as CompileOptions, graph),
  graphCount: subgraphCount,
  nodes: (bytes, graph) => readTflite(bytes, graph).graph.nodes,
  entries: (plan, digest) => planEntries(readPlan(plan), digest),
};

export const digestOf = ({ models, setting }: DigestLine): string =>
  digestsOf(models.map(({ bytes }) => compiledModel(compiler, bytes(), setting)));

/** Digests by group and setting, as they stand in git. */
export const knownDigests = (): ReadonlyMap<string, string> =>
  new Map(
    readFileSync(digestFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [key = '', digests = ''] = line.split(': ');
        return [key, digests];
      }),
  );
