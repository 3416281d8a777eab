/** Layers of networks that others published times of, by their shapes alone: one task each, as nothing is known of their tasks. */
import { at } from '../in_range.js';
import { alignUp, atomChannels, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { bytesOf, convWorkCycles, type TaskCost } from '../hardware/speed.js';

/** A convolution with SAME padding on a square map; `copy`: its values in another place or size, or the largest of a window. */
export interface Layer {
  readonly kind: 'conv' | 'depthwise' | 'copy';
  readonly side: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly outputSide: number;
  readonly outputs: number;
  /** An ADD is fused into it. */
  readonly hasResidual: boolean;
  /** Whether several cores do it together. */
  readonly isShared: boolean;
}

interface FeatureMap {
  readonly side: number;
  readonly channels: number;
}

/** A network as it grows: each layer reads the map that it is given. */
class Network {
  readonly layers: Layer[] = [];

  #push(
    kind: Layer['kind'],
    from: FeatureMap,
    to: FeatureMap,
    kernel: number,
    stride: number,
    hasResidual = false,
    isShared = true,
  ): FeatureMap {
    const { side, channels } = from;
    this.layers.push({
      kind,
      side,
      channels,
      kernel,
      stride,
      outputSide: to.side,
      outputs: to.channels,
      hasResidual,
      isShared,
    });
    return to;
  }

  conv(from: FeatureMap, channels: number, kernel = 1, stride = 1, hasResidual = false): FeatureMap {
    return this.#push('conv', from, { side: Math.ceil(from.side / stride), channels }, kernel, stride, hasResidual);
  }

  depthwise(from: FeatureMap, kernel = 3, stride = 1): FeatureMap {
    return this.#push('depthwise', from, { ...from, side: Math.ceil(from.side / stride) }, kernel, stride);
  }

  copy(from: FeatureMap): FeatureMap {
    return this.#push('copy', from, from, 1, 1);
  }

  /** Of one core alone. */
  resize(from: FeatureMap, factor: number): FeatureMap {
    return this.#push('copy', from, { ...from, side: factor * from.side }, 1, 1, false, false);
  }

  /** Of one core alone. */
  pool(from: FeatureMap): FeatureMap {
    return this.resize(from, 1);
  }

  /** Averages of all places, and a classifier. */
  classes(from: FeatureMap, count: number): void {
    this.conv(this.depthwise(from, from.side, from.side), count);
  }
}

const separable = (n: Network, from: FeatureMap, channels: number, stride: number): FeatureMap =>
  n.conv(n.depthwise(from, 3, stride), channels);

const mobilenetV1Body = (n: Network, side: number): FeatureMap => {
  let map = n.conv({ side, channels: 3 }, 32, 3, 2);
  for (const [channels, stride] of [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
  ] as const)
    map = separable(n, map, channels, stride);
  return separable(n, separable(n, map, 1024, 2), 1024, 1);
};

export const mobilenetV1 = (): readonly Layer[] => {
  const n = new Network();
  n.classes(mobilenetV1Body(n, 224), 1001);
  return n.layers;
};

export const mobilenetV2 = (): readonly Layer[] => {
  const n = new Network();
  let map = n.conv({ side: 224, channels: 3 }, 32, 3, 2);
  for (const [expansion, channels, count, first] of [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const)
    for (let i = 0; i < count; i++) {
      const wide = expansion === 1 ? map : n.conv(map, map.channels * expansion);
      map = n.conv(n.depthwise(wide, 3, i === 0 ? first : 1), channels, 1, 1, i > 0);
    }
  n.classes(n.conv(map, 1280), 1001);
  return n.layers;
};

/** SSD's MobileNetV1 for COCO on 300x300 without its heads, which Mesa leaves to the CPU. */
export const ssdMobilenetV1 = (): readonly Layer[] => {
  const n = new Network();
  let map = mobilenetV1Body(n, 300);
  for (const [narrow, wide] of [
    [256, 512],
    [128, 256],
    [128, 256],
    [64, 128],
  ] as const)
    map = n.conv(n.conv(map, narrow), wide, 3, 2);
  return n.layers;
};

/** YOLOv5s (version 6) on 640x640 with ReLU. The vendor's compiler copies for a concatenation. */
export const yolov5s = (): readonly Layer[] => {
  const n = new Network();
  const c3 = (from: FeatureMap, channels: number, count: number, hasResidual: boolean): FeatureMap => {
    const half = channels / 2;
    let map = n.conv(from, half);
    for (let i = 0; i < count; i++) map = n.conv(n.conv(map, half), half, 3, 1, hasResidual);
    n.copy(n.conv(from, half));
    n.copy(map);
    return n.conv({ ...from, channels }, channels);
  };
  const joined = (...maps: readonly FeatureMap[]): FeatureMap => {
    for (const map of maps) n.copy(map);
    return { side: at(maps, 0).side, channels: maps.reduce((all, { channels }) => all + channels, 0) };
  };
  const p1 = n.conv({ side: 640, channels: 3 }, 32, 6, 2);
  const p2 = c3(n.conv(p1, 64, 3, 2), 64, 1, true);
  const p3 = c3(n.conv(p2, 128, 3, 2), 128, 2, true);
  const p4 = c3(n.conv(p3, 256, 3, 2), 256, 3, true);
  const p5 = c3(n.conv(p4, 512, 3, 2), 512, 1, true);
  const pooled = n.conv(p5, 256);
  const pyramid = joined(pooled, n.pool(pooled), n.pool(pooled), n.pool(pooled));
  const top = n.conv(n.conv(pyramid, 512), 256);
  const middle = n.conv(c3(joined(n.resize(top, 2), p4), 256, 1, false), 128);
  const low = c3(joined(n.resize(middle, 2), p3), 128, 1, false);
  const up = c3(joined(n.conv(low, 128, 3, 2), middle), 256, 1, false);
  const last = c3(joined(n.conv(up, 256, 3, 2), top), 512, 1, false);
  for (const map of [low, up, last]) n.conv(map, 255);
  return n.layers;
};

/** Of one core: rows of the output with all kernels, or kernels with all rows. */
const layerShare = (chip: Chip, layer: Layer, rowParts: number, kernelParts: number): TaskCost => {
  const { kind, side, channels, kernel, stride, outputSide, hasResidual } = layer;
  const [rows, outputs] = [Math.ceil(outputSide / rowParts), Math.ceil(layer.outputs / kernelParts)];
  const [positions, lanes] = [rows * outputSide, atomChannels(chip, channels)];
  const inputRows = rowParts === 1 ? side : Math.min(side, Math.ceil((rows * side) / outputSide) + kernel - stride);
  const taps = kernel * kernel;
  const depthwise = kind === 'depthwise';
  const written = kind === 'copy' ? lanes : writtenChannels(chip, outputs, depthwise);
  const cycles =
    kind === 'copy'
      ? (alignUp(positions, chip.clocks.positions) * lanes) / chip.clocks.dpuChannels
      : convWorkCycles(chip, { depthwise, taps, positions, inputChannels: channels, outputChannels: outputs });
  return {
    cycles,
    bytes: {
      input: inputRows * side * lanes,
      weights: kind === 'copy' ? 0 : taps * lanes * (depthwise ? 1 : alignUp(outputs, 2)),
      operands: hasResidual ? positions * written : 0,
      output: positions * written,
    },
  };
};

/**
 * All of its features, weights and results once.
 * @param cores that share it, as the vendor's compiler does it: each takes rows with the halo that it reads, and all weights; or,
 * where that moves less, kernels, and all features
 * @returns of one core
 */
export const layerCost = (chip: Chip, layer: Layer, cores = 1): TaskCost => {
  const byRows = layerShare(chip, layer, cores, 1);
  const byKernels = layer.kind === 'conv' ? layerShare(chip, layer, 1, cores) : byRows;
  return bytesOf(byKernels.bytes) < bytesOf(byRows.bytes) ? byKernels : byRows;
};
