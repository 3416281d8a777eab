/** FlexBuffers, as far as options of custom ops need them: one map of numbers and texts, every field 8 bytes wide. */

const width = 8;
/** Types, each with the code of that width: (type << 2) | 3. */
const types = { number: 0x0b, text: 0x17, map: 0x27 } as const;

/** @param fields in the order of their names, which is what readers search by */
export const flexMap = (fields: readonly (readonly [name: string, value: number | string])[]): Uint8Array => {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const align = (): void => {
    while (bytes.length % width !== 0) bytes.push(0);
  };
  const word = (value: number): void => {
    for (let i = 0; i < width; i++) bytes.push(Math.floor(value / 256 ** i) % 256);
  };
  /** Places are distances back. */
  const back = (to: number): void => word(bytes.length - to);
  const put = (text: string): number => {
    const at = bytes.length;
    bytes.push(...encoder.encode(text), 0);
    return at;
  };
  const names = fields.map(([name]) => put(name));
  const values = fields.map(([, value]) => {
    if (typeof value === 'number') return value;
    align();
    word(encoder.encode(value).byteLength);
    return put(value);
  });
  align();
  word(fields.length);
  const nameVector = bytes.length;
  for (const at of names) back(at);
  back(nameVector);
  word(width);
  word(fields.length);
  const map = bytes.length;
  for (const [i, value] of values.entries()) {
    if (typeof fields[i]?.[1] === 'string') back(value);
    else word(value);
  }
  for (const [, value] of fields) bytes.push(typeof value === 'string' ? types.text : types.number);
  align();
  back(map);
  bytes.push(types.map, width);
  return Uint8Array.from(bytes);
};
