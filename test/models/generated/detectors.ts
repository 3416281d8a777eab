import type { OpModel } from '../../ops/builder.js';
import { type FeatureMap, type Form, Net } from './net.js';

const classes = 80;

/** Ultralytics YOLOv5s 6.x at 640x640: 8.2 GMAC; as exported (SiLU), or with ReLU as boards' model zoos have it. */
export const yolov5s = (activation: 'silu' | 'relu'): OpModel => {
  const net = new Net(5, 640, 640);
  const layer = (from: FeatureMap, channels: number, form: Form = {}): FeatureMap =>
    activation === 'relu'
      ? net.conv(from, channels, { ...form, activation })
      : net.silu(net.conv(from, channels, form));
  const block = (from: FeatureMap, channels: number, count: number, shortcut: boolean): FeatureMap => {
    let x = layer(from, channels / 2);
    for (let index = 0; index < count; index++) {
      const inner = layer(layer(x, channels / 2), channels / 2, { kernel: 3 });
      x = shortcut ? net.add(x, inner) : inner;
    }
    return layer(net.join(x, layer(from, channels / 2)), channels);
  };
  const down = { kernel: 3, stride: 2 };
  const c2 = block(layer(layer(net.picture, 32, { kernel: 6, stride: 2 }), 64, down), 64, 1, true);
  const c3 = block(layer(c2, 128, down), 128, 2, true);
  const c4 = block(layer(c3, 256, down), 256, 3, true);
  const c5 = block(layer(c4, 512, down), 512, 1, true);
  const narrow = layer(c5, 256);
  const once = net.maximum(narrow, { kernel: 5 });
  const twice = net.maximum(once, { kernel: 5 });
  const pyramid = layer(net.join(narrow, once, twice, net.maximum(twice, { kernel: 5 })), 512);
  const top = layer(pyramid, 256);
  const middle = layer(block(net.join(net.up(top), c4), 256, 1, false), 128);
  const p3 = block(net.join(net.up(middle), c3), 128, 1, false);
  const p4 = block(net.join(layer(p3, 128, down), middle), 256, 1, false);
  const p5 = block(net.join(layer(p4, 256, down), top), 512, 1, false);
  const each = 5 + classes;
  const { tensor, places } = net.gathered(
    [p3, p4, p5].map((map) => net.conv(map, 3 * each)),
    each,
  );
  return net.model(`YOLOv5s, ${activation}`, [net.shares(tensor, [1, places, each])]);
};

/** An SSD on MobileNetV2 of 300x300 with six maps and few classes, as for traffic: boxes and classes gathered from all. */
export const trafficSsd = (): OpModel => {
  const net = new Net(300, 300, 300);
  const inverted = (from: FeatureMap, expansion: number, channels: number, stride: number): FeatureMap => {
    const wide = expansion === 1 ? from : net.conv(from, expansion * from.channels, { activation: 'relu6' });
    const narrow = net.conv(net.depthwise(wide, { stride, activation: 'relu6' }), channels);
    return stride === 1 && from.channels === channels ? net.add(narrow, from) : narrow;
  };
  let x = net.conv(net.picture, 32, { kernel: 3, stride: 2, activation: 'relu6' });
  const run = (blocks: readonly (readonly [number, number, number, number])[]): FeatureMap => {
    for (const [expansion, channels, count, first] of blocks)
      for (let index = 0; index < count; index++) x = inverted(x, expansion, channels, index === 0 ? first : 1);
    return x;
  };
  const first = run([
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
  ]);
  run([
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ]);
  const maps = [first, net.conv(x, 1280, { activation: 'relu6' })];
  for (const channels of [512, 256, 256, 128]) {
    const narrow = net.conv(maps.at(-1) ?? x, channels / 2, { activation: 'relu6' });
    maps.push(net.conv(narrow, channels, { kernel: 3, stride: 2, activation: 'relu6' }));
  }
  const kinds = 7;
  const anchors = maps.map((_, index) => (index === 0 ? 3 : 6));
  const heads = (values: number): { readonly tensor: number; readonly places: number } =>
    net.gathered(
      maps.map((map, index) => net.conv(map, (anchors[index] ?? 6) * values)),
      values,
    );
  const [boxes, scores] = [heads(4), heads(kinds)];
  return net.model('traffic SSD', [boxes.tensor, net.shares(scores.tensor, [1, scores.places, kinds])]);
};
