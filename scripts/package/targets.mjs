// `--target NAME`, several times or not at all: for all.
import { parseArgs } from 'node:util';

/** Ends the program with a line where a name is none of them. */
export function chosenTargets(program, known) {
  const stop = (text) => {
    console.error(`${program}: ${text}`);
    process.exit(1);
  };
  try {
    const { values } = parseArgs({ options: { target: { type: 'string', multiple: true, default: [] } } });
    const unknown = values.target.find((name) => !known.includes(name));
    if (unknown !== undefined) stop(`no target "${unknown}" (--target ${known.join('|')})`);
    return values.target.length > 0 ? values.target : known;
  } catch (error) {
    return stop(error.message);
  }
}
