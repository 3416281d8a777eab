/** A JSON value with the path to it: what is read from a file is checked on the way, and messages name the place. */
import { PtfeError } from '../../error.js';

export class JsonValue {
  readonly #value: unknown;
  readonly #path: string;
  readonly #remedy: string;

  constructor(value: unknown, path: string, remedy: string) {
    this.#value = value;
    this.#path = path;
    this.#remedy = remedy;
  }
  fail(text: string): PtfeError {
    return new PtfeError('bad-stream', this.#path, text, this.#remedy);
  }
  has(key: string): boolean {
    return typeof this.#value === 'object' && this.#value !== null && key in this.#value;
  }
  isNull(): boolean {
    return this.#value === null;
  }
  get(key: string): JsonValue {
    if (!this.has(key)) throw this.fail(`no "${key}"`);
    const value = (this.#value as Readonly<Record<string, unknown>>)[key];
    return new JsonValue(value, `${this.#path} ${key}`, this.#remedy);
  }
  list<T>(read: (item: JsonValue) => T): readonly T[] {
    const value = this.#value;
    if (!Array.isArray(value)) throw this.fail('not a list');
    return value.map((item, i) => read(new JsonValue(item, `${this.#path}[${i}]`, this.#remedy)));
  }
  entries(): readonly (readonly [string, JsonValue])[] {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.fail('not an object');
    return Object.keys(value).map((key) => [key, this.get(key)]);
  }
  text(): string {
    if (typeof this.#value !== 'string') throw this.fail('not a text');
    return this.#value;
  }
  /** A whole number that fits 32 bits. */
  u32(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** 32)
      throw this.fail(`${String(value)} is not a 32-bit number`);
    return value;
  }
}
