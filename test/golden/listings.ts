import { compileTflite } from '../../src/compile.js';
import { disassemble } from '../../src/explain/disassemble.js';
import { listingText } from '../../src/explain/listing_text.js';
import { readPlan } from '../../src/plan/read.js';
import { programOfPlan } from '../../src/explain/plan_program.js';
import type { GoldenModel } from './models.js';

/** The file that a model's listing stands in. */
export const goldenFile = ({ name }: GoldenModel): URL => new URL(`${name}.txt`, import.meta.url);

/** What the compiler makes of a model, as the text that stands in git. */
export function goldenText({ name, shows, trust, bytes }: GoldenModel): string {
  const { parts, refusals } = compileTflite(bytes, { trust: trust ?? 'inferred', numerics: 'litert-2.3' });
  const refused = refusals.map(({ node, rule, text }) => `node ${node} stays on the CPU: ${rule}: ${text}\n`);
  const listed = parts.map(({ plan }) =>
    listingText(disassemble(programOfPlan(readPlan(plan), name), { all: false }), false),
  );
  return [`${shows}\n\n`, ...refused, ...listed].join('');
}
