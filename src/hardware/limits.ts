/** Of the RK3588, for rooms that are not told their chip yet. */
import { rk3588 } from './chips.js';

export const { limits, atoms, cbuf } = rk3588;
