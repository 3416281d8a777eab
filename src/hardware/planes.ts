/**
 * How planes of atoms stand in memory. The vendor's compiler has every plane that the DPU writes on multiples of 4 atoms,
 * and a single pixel on one; Mesa writes planes packed, and nobody knows of a fault.
 */
const unit = 4;

/** Atoms from one surface of a plane to the next. */
export const planeAtoms = (height: number, width: number): number =>
  height * width === 1 ? 1 : Math.ceil((height * width) / unit) * unit;
