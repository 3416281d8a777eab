/** A float32 as the 32 bits in which an option travels. */

const view = (): DataView => new DataView(new ArrayBuffer(4));

export const bitsOfFloat = (value: number): number => {
  const bits = view();
  bits.setFloat32(0, value);
  return bits.getInt32(0);
};

export const floatOfBits = (bits: number): number => {
  const value = view();
  value.setInt32(0, bits);
  return value.getFloat32(0);
};
