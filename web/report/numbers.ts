/** Numbers for people. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
export const kib = (bytes: number): string => (bytes === 0 ? '' : (bytes / 1024).toFixed(1));
export const time = (microseconds: number): string =>
  microseconds >= 1000 ? `${(microseconds / 1000).toFixed(2)} ms` : `${microseconds.toFixed(1)} µs`;
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const macs = (value: number): string =>
  value === 0 ? '' : value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : count(value);
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
