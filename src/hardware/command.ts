/** A command word: [63:48] target, [47:16] value, [15:0] offset of the register. */

export interface Command {
  readonly target: number;
  readonly offset: number;
  readonly value: number;
}

export const commandBytes = 8;

/** The command at a byte of a little-endian command buffer. */
export const commandAt = (view: DataView, at: number): Command => ({
  target: view.getUint16(at + 6, true),
  value: view.getUint32(at + 2, true),
  offset: view.getUint16(at, true),
});

/** @param text 16 hex digits, most significant first. @returns null where it is none */
export const commandFromHex = (text: string): Command | null =>
  /^[0-9a-f]{16}$/i.test(text)
    ? {
        target: Number.parseInt(text.slice(0, 4), 16),
        value: Number.parseInt(text.slice(4, 12), 16),
        offset: Number.parseInt(text.slice(12), 16),
      }
    : null;
