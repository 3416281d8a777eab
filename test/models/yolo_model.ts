import type { Random } from '../host/random.js';
import { Builder, type OpModel } from '../ops/builder.js';

/**
 * Graphs like those of YOLOv5 and YOLOv8 exports: SiLU as LOGISTIC and MUL, blocks that are split and joined again, pyramid
 * pooling, a neck that goes up and down, three heads. Few channels, random weights; int8, one scale for all maps, as
 * TFLite's CONCATENATION of int8 needs it.
 */
interface FeatureMap {
  readonly tensor: number;
  readonly side: number;
  readonly channels: number;
}

const mapScale = 0.06;
const mapZero = -10;
const gateScale = 1 / 256;

/** Standard normal, by the sum of uniform numbers. */
const normal = (random: Random): number =>
  Array.from({ length: 12 }, () => random.between(0, 1)).reduce((sum, x) => sum + x, -6);

class Yolo {
  readonly b: Builder;
  constructor(seed: number) {
    this.b = new Builder(seed);
  }

  #map(side: number, channels: number): FeatureMap {
    return { tensor: this.b.map('int8', [1, side, side, channels], mapScale, mapZero), side, channels };
  }

  /** A convolution with a scale for each output channel, without an activation. */
  conv(from: FeatureMap, channels: number, kernel = 1, stride = 1): FeatureMap {
    const { b } = this;
    const taps = kernel * kernel * from.channels;
    // Weights of about 30 codes in front of a gain of about 1.7, which SiLU takes back.
    const scales = Array.from({ length: channels }, () =>
      Math.fround((1.7 / Math.sqrt(taps) / 30) * b.random.between(0.7, 1.4)),
    );
    const filter = b.tensor({
      type: 'int8',
      shape: [channels, kernel, kernel, from.channels],
      scale: scales,
      zeroPoint: scales.map(() => 0),
      quantizedDimension: 0,
      data: Uint8Array.from(
        { length: taps * channels },
        () => Math.max(-127, Math.min(127, Math.round(30 * normal(b.random)))) & 0xff,
      ),
    });
    const bias = b.tensor({
      type: 'int32',
      shape: [channels],
      scale: scales.map((scale) => Math.fround(scale * mapScale)),
      zeroPoint: scales.map(() => 0),
      data: new Uint8Array(
        Int32Array.from(scales, (scale) => Math.round(b.random.between(-1, 1) / (scale * mapScale))).buffer,
      ),
    });
    const to = this.#map(Math.ceil(from.side / stride), channels);
    b.op({
      op: 'CONV_2D',
      version: 3,
      inputs: [from.tensor, filter, bias],
      outputs: [to.tensor],
      options: { type: 'Conv2DOptions', fields: { padding: 0, strideH: stride, strideW: stride, activation: 0 } },
    });
    return to;
  }

  /** Convolution, then x * sigmoid(x). */
  layer(from: FeatureMap, channels: number, kernel = 1, stride = 1): FeatureMap {
    const { b } = this;
    const x = this.conv(from, channels, kernel, stride);
    const gate = b.map('int8', [1, x.side, x.side, channels], gateScale, -128);
    const to = this.#map(x.side, channels);
    b.op({ op: 'LOGISTIC', version: 2, inputs: [x.tensor], outputs: [gate] });
    b.op({
      op: 'MUL',
      version: 2,
      inputs: [x.tensor, gate],
      outputs: [to.tensor],
      options: { type: 'MulOptions', fields: { activation: 0 } },
    });
    return to;
  }

  add(first: FeatureMap, second: FeatureMap): FeatureMap {
    const to = this.#map(first.side, first.channels);
    this.b.op({
      op: 'ADD',
      version: 2,
      inputs: [first.tensor, second.tensor],
      outputs: [to.tensor],
      options: { type: 'AddOptions', fields: { activation: 0 } },
    });
    return to;
  }

  join(...maps: readonly FeatureMap[]): FeatureMap {
    const [first] = maps;
    const to = this.#map(
      first?.side ?? 1,
      maps.reduce((sum, { channels }) => sum + channels, 0),
    );
    this.b.op({
      op: 'CONCATENATION',
      version: 2,
      inputs: maps.map(({ tensor }) => tensor),
      outputs: [to.tensor],
      options: { type: 'ConcatenationOptions', fields: { axis: 3, activation: 0 } },
    });
    return to;
  }

  halves(from: FeatureMap): readonly [FeatureMap, FeatureMap] {
    const axis = this.b.ints([3], []);
    const parts = [this.#map(from.side, from.channels / 2), this.#map(from.side, from.channels / 2)] as const;
    this.b.op({
      op: 'SPLIT',
      version: 2,
      inputs: [axis, from.tensor],
      outputs: parts.map(({ tensor }) => tensor),
      options: { type: 'SplitOptions', fields: { splits: 2 } },
    });
    return parts;
  }

  pool(from: FeatureMap): FeatureMap {
    const to = this.#map(from.side, from.channels);
    this.b.op({
      op: 'MAX_POOL_2D',
      version: 2,
      inputs: [from.tensor],
      outputs: [to.tensor],
      options: {
        type: 'Pool2DOptions',
        fields: { padding: 0, strideH: 1, strideW: 1, filterH: 5, filterW: 5, activation: 0 },
      },
    });
    return to;
  }

  up(from: FeatureMap): FeatureMap {
    const to = this.#map(2 * from.side, from.channels);
    this.b.op({
      op: 'RESIZE_NEAREST_NEIGHBOR',
      version: 3,
      inputs: [from.tensor, this.b.ints([to.side, to.side])],
      outputs: [to.tensor],
      options: { type: 'ResizeNearestNeighborOptions', fields: { alignCorners: false, halfPixelCenters: false } },
    });
    return to;
  }

  /** YOLOv8's C2f: halves, a chain on one of them, all results joined. */
  splitBlock(from: FeatureMap, channels: number, shortcut: boolean): FeatureMap {
    const [kept, chain] = this.halves(this.layer(from, channels));
    const inner = this.layer(this.layer(chain, channels / 2, 3), channels / 2, 3);
    return this.layer(this.join(kept, chain, shortcut ? this.add(chain, inner) : inner), channels);
  }

  /** YOLOv5's C3: two branches from the same input. */
  twoBranches(from: FeatureMap, channels: number, shortcut: boolean): FeatureMap {
    const chain = this.layer(from, channels / 2);
    const inner = this.layer(this.layer(chain, channels / 2), channels / 2, 3);
    return this.layer(this.join(shortcut ? this.add(chain, inner) : inner, this.layer(from, channels / 2)), channels);
  }

  pyramid(from: FeatureMap, channels: number): FeatureMap {
    const x = this.layer(from, from.channels / 2);
    const once = this.pool(x);
    const twice = this.pool(once);
    return this.layer(this.join(x, once, twice, this.pool(twice)), channels);
  }

  /** [1, places, channels] of all heads, one behind the other. */
  gathered(maps: readonly FeatureMap[], channels: number): number {
    const { b } = this;
    const rows = maps.map(({ tensor, side, channels: all }) => {
      const places = (side * side * all) / channels;
      const flat = b.map('int8', [1, places, channels], mapScale, mapZero);
      b.op({
        op: 'RESHAPE',
        inputs: [tensor, b.ints([1, places, channels])],
        outputs: [flat],
        options: { type: 'ReshapeOptions', fields: { newShape: [1, places, channels] } },
      });
      return { flat, places };
    });
    const total = rows.reduce((sum, { places }) => sum + places, 0);
    const joined = b.map('int8', [1, total, channels], mapScale, mapZero);
    b.op({
      op: 'CONCATENATION',
      version: 2,
      inputs: rows.map(({ flat }) => flat),
      outputs: [joined],
      options: { type: 'ConcatenationOptions', fields: { axis: 1, activation: 0 } },
    });
    return joined;
  }

  sigmoid(tensor: number, shape: readonly number[]): number {
    const to = this.b.map('int8', shape, gateScale, -128);
    this.b.op({ op: 'LOGISTIC', version: 2, inputs: [tensor], outputs: [to] });
    return to;
  }
}

/** Backbone and neck; `block` is what the two generations differ in. @returns maps at 1/8, 1/16 and 1/32 */
const body = (
  net: Yolo,
  picture: FeatureMap,
  stem: number,
  block: (from: FeatureMap, channels: number, shortcut: boolean) => FeatureMap,
): readonly [FeatureMap, FeatureMap, FeatureMap] => {
  const c2 = block(net.layer(net.layer(picture, 8, stem, 2), 16, 3, 2), 16, true);
  const c3 = block(net.layer(c2, 32, 3, 2), 32, true);
  const c4 = block(net.layer(c3, 32, 3, 2), 32, true);
  const c5 = net.pyramid(block(net.layer(c4, 64, 3, 2), 64, true), 64);
  const p4 = block(net.join(net.up(c5), c4), 32, false);
  const p3 = block(net.join(net.up(p4), c3), 32, false);
  const n4 = block(net.join(net.layer(p3, 32, 3, 2), p4), 32, false);
  const n5 = block(net.join(net.layer(n4, 32, 3, 2), c5), 64, false);
  return [p3, n4, n5];
};

const classes = 20;
const boxes = 16;

/** Boxes and classes from heads of their own; classes through a sigmoid. */
export const yolo8 = (side: number, seed: number): OpModel => {
  const net = new Yolo(seed);
  const picture = { tensor: net.b.input('int8', [1, side, side, 3], mapScale, mapZero), side, channels: 3 };
  const maps = body(net, picture, 3, (from, channels, shortcut) => net.splitBlock(from, channels, shortcut));
  const places = maps.reduce((sum, map) => sum + map.side ** 2, 0);
  const box = net.gathered(
    maps.map((map) => net.conv(net.layer(map, 16, 3), boxes)),
    boxes,
  );
  const kind = net.gathered(
    maps.map((map) => net.conv(net.layer(map, 24, 3), classes)),
    classes,
  );
  return net.b.model(`YOLOv8-like, ${side}x${side}`, [box, net.sigmoid(kind, [1, places, classes])]);
};

/** Three anchors a place in one head, everything through a sigmoid. */
export const yolo5 = (side: number, seed: number): OpModel => {
  const net = new Yolo(seed);
  const picture = { tensor: net.b.input('int8', [1, side, side, 3], mapScale, mapZero), side, channels: 3 };
  const maps = body(net, picture, 6, (from, channels, shortcut) => net.twoBranches(from, channels, shortcut));
  const each = 5 + classes;
  const all = net.gathered(
    maps.map((map) => net.conv(map, 3 * each)),
    each,
  );
  const places = maps.reduce((sum, map) => sum + 3 * map.side ** 2, 0);
  return net.b.model(`YOLOv5-like, ${side}x${side}`, [net.sigmoid(all, [1, places, each])]);
};
