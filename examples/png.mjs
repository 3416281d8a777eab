// Reads a PNG file of 8 bits a channel, not interlaced, into bytes; Node has zlib, and no picture reader.
import { inflateSync } from 'node:zlib';

const channelsOf = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** @returns {{ width: number, height: number, channels: number, pixels: Uint8Array }} */
export function readPng(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks = [];
  for (let at = 8; at + 12 <= file.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    chunks.push({ type, at: at + 8, bytes: file.subarray(at + 8, at + 8 + view.getUint32(at)) });
  }
  const header = chunks.find(({ type }) => type === 'IHDR');
  if (view.getUint32(0) !== 0x89504e47 || header === undefined) throw new Error('not a PNG file');
  const [width, height] = [view.getUint32(header.at), view.getUint32(header.at + 4)];
  const [bits, color, , , interlaced] = header.bytes.subarray(8);
  const channels = channelsOf[color];
  if (bits !== 8 || channels === undefined || interlaced !== 0)
    throw new Error('only 8 bits a channel, not interlaced');
  const lines = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ bytes }) => bytes)));
  const row = width * channels;
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (row + 1)];
    for (let x = 0; x < row; x++) {
      const left = x < channels ? 0 : pixels[y * row + x - channels];
      const up = y === 0 ? 0 : pixels[(y - 1) * row + x];
      const corner = y === 0 || x < channels ? 0 : pixels[(y - 1) * row + x - channels];
      const [toLeft, toUp, toCorner] = [left, up, corner].map((one) => Math.abs(left + up - corner - one));
      const nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
      const predicted = [0, left, up, (left + up) >> 1, nearest][filter];
      pixels[y * row + x] = lines[y * (row + 1) + 1 + x] + predicted;
    }
  }
  return { width, height, channels, pixels };
}
