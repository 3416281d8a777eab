import type { OpModel } from '../../ops/builder.js';
import { type FeatureMap, Net } from './net.js';

/** He et al. 2015, with the stride in the 3x3 (version 1.5): 4.1 GMAC. */
export const resnet50 = (): OpModel => {
  const net = new Net(50, 224, 224);
  const bottleneck = (from: FeatureMap, channels: number, stride: number): FeatureMap => {
    const narrow = net.conv(from, channels, { activation: 'relu' });
    const inner = net.conv(narrow, channels, { kernel: 3, stride, activation: 'relu' });
    const wide = net.conv(inner, 4 * channels);
    const isSame = stride === 1 && from.channels === 4 * channels;
    return net.add(wide, isSame ? from : net.conv(from, 4 * channels, { stride }), 'relu');
  };
  let x = net.conv(net.picture, 64, { kernel: 7, stride: 2, activation: 'relu' });
  x = net.maximum(x, { kernel: 3, stride: 2 });
  for (const [channels, count, first] of [
    [64, 3, 1],
    [128, 4, 2],
    [256, 6, 2],
    [512, 3, 2],
  ] as const)
    for (let block = 0; block < count; block++) x = bottleneck(x, channels, block === 0 ? first : 1);
  return net.model('ResNet50', [net.dense(net.mean(x), 1000)]);
};

/** Tan and Le 2019: 224x224, SiLU and squeeze-and-excite gates: 0.39 GMAC. */
export const efficientnetB0 = (): OpModel => {
  const net = new Net(70, 224, 224);
  const block = (from: FeatureMap, expansion: number, channels: number, kernel: number, stride: number): FeatureMap => {
    const wide = expansion === 1 ? from : net.silu(net.conv(from, expansion * from.channels));
    const inner = net.silu(net.depthwise(wide, { kernel, stride }));
    const squeezed = net.silu(net.conv(net.mean(inner), Math.max(1, from.channels / 4)));
    const gated = net.mul(inner, net.sigmoid(net.conv(squeezed, inner.channels)));
    const narrow = net.conv(gated, channels);
    return stride === 1 && from.channels === channels ? net.add(narrow, from) : narrow;
  };
  let x = net.silu(net.conv(net.picture, 32, { kernel: 3, stride: 2 }));
  for (const [expansion, channels, count, first, kernel] of [
    [1, 16, 1, 1, 3],
    [6, 24, 2, 2, 3],
    [6, 40, 2, 2, 5],
    [6, 80, 3, 2, 3],
    [6, 112, 3, 1, 5],
    [6, 192, 4, 2, 5],
    [6, 320, 1, 1, 3],
  ] as const)
    for (let index = 0; index < count; index++) x = block(x, expansion, channels, kernel, index === 0 ? first : 1);
  return net.model('EfficientNetB0', [net.dense(net.mean(net.silu(net.conv(x, 1280))), 1000)]);
};
