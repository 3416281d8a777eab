import { Builder, type OpModel } from '../../ops/builder.js';

/** One picture's map of int8 codes. */
export interface FeatureMap {
  readonly tensor: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export type Activation = 'none' | 'relu' | 'relu6';
const activationCodes = { none: 0, relu: 1, relu6: 3 } as const;

export interface Form {
  readonly kernel?: number;
  readonly stride?: number;
  readonly activation?: Activation;
}

/** The scale of all maps, as TFLite's CONCATENATION of int8 needs it: a count is a 40th of a deviation. */
const scale = 1 / 40;
const zero = -10;
const gate = { scale: 1 / 256, zero: -128 };

/**
 * Layers of int8 with a scale for each output channel, as TFLite's converter writes them, with random weights: deviations
 * stay about 1 from layer to layer, so that multipliers and biases are like those of a trained model.
 */
export class Net {
  readonly b: Builder;
  readonly picture: FeatureMap;

  constructor(seed: number, height: number, width: number) {
    this.b = new Builder(seed);
    this.picture = { tensor: this.b.input('int8', [1, height, width, 3], scale, zero), height, width, channels: 3 };
  }

  #map(height: number, width: number, channels: number, quantization = { scale, zero }): FeatureMap {
    const tensor = this.b.map('int8', [1, height, width, channels], quantization.scale, quantization.zero);
    return { tensor, height, width, channels };
  }

  /** Weights and biases of `outputs` channels that take `taps` values each. */
  #constants(shape: readonly number[], axis: number, outputs: number, taps: number, gain: number) {
    const { b } = this;
    const scales = Array.from({ length: outputs }, () =>
      Math.fround((gain / Math.sqrt(taps) / 40) * b.random.between(0.7, 1.4)),
    );
    const filter = b.tensor({
      type: 'int8',
      shape,
      scale: scales,
      zeroPoint: scales.map(() => 0),
      quantizedDimension: axis,
      data: Uint8Array.from({ length: taps * outputs }, () => b.random.integer(-69, 69) & 0xff),
    });
    const bias = b.tensor({
      type: 'int32',
      shape: [outputs],
      scale: scales.map((one) => Math.fround(one * scale)),
      zeroPoint: scales.map(() => 0),
      data: new Uint8Array(
        Int32Array.from(scales, (one) => Math.round(b.random.between(-0.5, 0.5) / (one * scale))).buffer,
      ),
    });
    return [filter, bias] as const;
  }

  conv(from: FeatureMap, channels: number, { kernel = 1, stride = 1, activation = 'none' }: Form = {}): FeatureMap {
    const shape = [channels, kernel, kernel, from.channels];
    const constants = this.#constants(
      shape,
      0,
      channels,
      kernel * kernel * from.channels,
      activation === 'none' ? 1 : 1.4,
    );
    const to = this.#map(Math.ceil(from.height / stride), Math.ceil(from.width / stride), channels);
    const fields = { padding: 0, strideH: stride, strideW: stride, activation: activationCodes[activation] };
    const options = { type: 'Conv2DOptions', fields } as const;
    this.b.op({ op: 'CONV_2D', version: 3, inputs: [from.tensor, ...constants], outputs: [to.tensor], options });
    return to;
  }

  depthwise(from: FeatureMap, { kernel = 3, stride = 1, activation = 'none' }: Form = {}): FeatureMap {
    const { channels } = from;
    const constants = this.#constants([1, kernel, kernel, channels], 3, channels, kernel * kernel, 1.4);
    const to = this.#map(Math.ceil(from.height / stride), Math.ceil(from.width / stride), channels);
    const fields = {
      ...{ padding: 0, strideH: stride, strideW: stride, activation: activationCodes[activation] },
      depthMultiplier: 1,
    };
    const options = { type: 'DepthwiseConv2DOptions', fields } as const;
    this.b.op({
      op: 'DEPTHWISE_CONV_2D',
      version: 3,
      inputs: [from.tensor, ...constants],
      outputs: [to.tensor],
      options,
    });
    return to;
  }

  #between(op: 'ADD' | 'MUL', first: FeatureMap, second: FeatureMap, activation: Activation): FeatureMap {
    const to = this.#map(first.height, first.width, first.channels);
    const type = op === 'ADD' ? 'AddOptions' : 'MulOptions';
    const options = { type, fields: { activation: activationCodes[activation] } } as const;
    this.b.op({ op, version: 2, inputs: [first.tensor, second.tensor], outputs: [to.tensor], options });
    return to;
  }

  add(first: FeatureMap, second: FeatureMap, activation: Activation = 'none'): FeatureMap {
    return this.#between('ADD', first, second, activation);
  }

  /** `second` may be one pixel. */
  mul(first: FeatureMap, second: FeatureMap): FeatureMap {
    return this.#between('MUL', first, second, 'none');
  }

  sigmoid(from: FeatureMap): FeatureMap {
    const to = this.#map(from.height, from.width, from.channels, gate);
    this.b.op({ op: 'LOGISTIC', version: 2, inputs: [from.tensor], outputs: [to.tensor] });
    return to;
  }

  silu(from: FeatureMap): FeatureMap {
    return this.mul(from, this.sigmoid(from));
  }

  /** The mean of all pixels, as one. */
  mean(from: FeatureMap): FeatureMap {
    const to = this.#map(1, 1, from.channels);
    const options = { type: 'ReducerOptions', fields: { keepDims: true } } as const;
    this.b.op({ op: 'MEAN', version: 2, inputs: [from.tensor, this.b.ints([1, 2])], outputs: [to.tensor], options });
    return to;
  }

  maximum(from: FeatureMap, { kernel = 2, stride = 1 }: Form): FeatureMap {
    const to = this.#map(Math.ceil(from.height / stride), Math.ceil(from.width / stride), from.channels);
    const fields = { padding: 0, strideH: stride, strideW: stride, filterH: kernel, filterW: kernel, activation: 0 };
    const options = { type: 'Pool2DOptions', fields } as const;
    this.b.op({ op: 'MAX_POOL_2D', version: 2, inputs: [from.tensor], outputs: [to.tensor], options });
    return to;
  }

  /** Twice as high and wide, each pixel four times. */
  up(from: FeatureMap): FeatureMap {
    const to = this.#map(2 * from.height, 2 * from.width, from.channels);
    const options = {
      type: 'ResizeNearestNeighborOptions',
      fields: { alignCorners: false, halfPixelCenters: false },
    } as const;
    const inputs = [from.tensor, this.b.ints([to.height, to.width])];
    this.b.op({ op: 'RESIZE_NEAREST_NEIGHBOR', version: 3, inputs, outputs: [to.tensor], options });
    return to;
  }

  join(...maps: readonly [FeatureMap, ...FeatureMap[]]): FeatureMap {
    const [{ height, width }] = maps;
    const to = this.#map(
      height,
      width,
      maps.reduce((sum, { channels }) => sum + channels, 0),
    );
    const options = { type: 'ConcatenationOptions', fields: { axis: 3, activation: 0 } } as const;
    const inputs = maps.map(({ tensor }) => tensor);
    this.b.op({ op: 'CONCATENATION', version: 2, inputs, outputs: [to.tensor], options });
    return to;
  }

  /** [1, places, `values`] of all maps, one behind the other. @returns the tensor and its places */
  gathered(maps: readonly FeatureMap[], values: number): { readonly tensor: number; readonly places: number } {
    const rows = maps.map(({ tensor, height, width, channels }) => {
      const shape = [1, (height * width * channels) / values, values];
      const flat = this.b.map('int8', shape, scale, zero);
      const options = { type: 'ReshapeOptions', fields: { newShape: shape } } as const;
      this.b.op({ op: 'RESHAPE', inputs: [tensor, this.b.ints(shape)], outputs: [flat], options });
      return { flat, places: (height * width * channels) / values };
    });
    const places = rows.reduce((sum, row) => sum + row.places, 0);
    const tensor = this.b.map('int8', [1, places, values], scale, zero);
    const options = { type: 'ConcatenationOptions', fields: { axis: 1, activation: 0 } } as const;
    this.b.op({ op: 'CONCATENATION', version: 2, inputs: rows.map(({ flat }) => flat), outputs: [tensor], options });
    return { tensor, places };
  }

  /** Through a sigmoid, of a tensor that is no map. */
  shares(tensor: number, shape: readonly number[]): number {
    const to = this.b.map('int8', shape, gate.scale, gate.zero);
    this.b.op({ op: 'LOGISTIC', version: 2, inputs: [tensor], outputs: [to] });
    return to;
  }

  /** A layer of `outputs` values behind one pixel. */
  dense({ tensor, channels }: FeatureMap, outputs: number): number {
    const flat = this.b.map('int8', [1, channels], scale, zero);
    const shape = { type: 'ReshapeOptions', fields: { newShape: [1, channels] } } as const;
    this.b.op({ op: 'RESHAPE', inputs: [tensor, this.b.ints([1, channels])], outputs: [flat], options: shape });
    const filterScale = Math.fround(1 / Math.sqrt(channels) / 40);
    const filter = this.b.constant('int8', [outputs, channels], filterScale, 0);
    const bias = this.b.tensor({
      ...{ type: 'int32', shape: [outputs], scale: [Math.fround(filterScale * scale)], zeroPoint: [0] },
      data: new Uint8Array(4 * outputs),
    });
    const to = this.b.map('int8', [1, outputs], 0.1, zero);
    const options = {
      type: 'FullyConnectedOptions',
      fields: { activation: 0, weightsFormat: 0, keepNumDims: false, asymmetricQuantizeInputs: false },
    } as const;
    this.b.op({ op: 'FULLY_CONNECTED', version: 4, inputs: [flat, filter, bias], outputs: [to], options });
    return to;
  }

  model(title: string, outputs: readonly number[]): OpModel {
    return this.b.model(title, outputs);
  }
}
