/** Makes screenshots small: the colours of a page are few, so each pixel can be the number of one (an indexed PNG). */
import assert from "node:assert/strict";
import { constants, crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const COLOURS_MAX = 256;
const RGB = 3;
/** Bytes per pixel, by PNG's "colour type", of what Chromium writes. */
const CHANNELS = { 2: 3, 6: 4 };

function chunks(png) {
  assert.ok(png.subarray(0, SIGNATURE.length).equals(SIGNATURE), "no PNG");
  const found = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    found.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return found;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** PNG's fifth filter guesses a byte from those to the left, above, and above to the left. */
function paeth(left, up, corner) {
  const [byLeft, byUp, byCorner] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}
const GUESSES = [() => 0, (left) => left, (_, up) => up, (left, up) => (left + up) >> 1, paeth];

/** The rows without their filters. */
function unfiltered(raw, stride, height, channels) {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const from = y * (stride + 1);
    const guess = GUESSES[raw[from]];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= channels ? out[at - channels] : 0;
      const up = y > 0 ? out[at - stride] : 0;
      const corner = x >= channels && y > 0 ? out[at - stride - channels] : 0;
      out[at] = raw[from + 1 + x] + guess(left, up, corner);
    }
  }
  return out;
}

const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

const distance = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;

/**
 * The colours to keep, and for each colour the number of the one that stands for it. Again and again the colour is kept
 * that is worst off: by how many pixels it has, and by how far it is from the nearest kept one. A small red sign stays red.
 */
function palette(pixels) {
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const colours = [...counts].map(([colour, count]) => ({ colour, parts: parts(colour), count, number: 0, off: Infinity }));
  const kept = [];
  const worstOff = () => colours.reduce((worst, each) => (each.off * each.count > worst.off * worst.count ? each : worst));
  for (let next = worstOff(); kept.length < COLOURS_MAX && next.off > 0; next = worstOff()) {
    for (const each of colours) {
      const off = distance(each.parts, next.parts);
      if (off < each.off) Object.assign(each, { off, number: kept.length });
    }
    kept.push(next.parts);
  }
  return { kept, numbers: new Map(colours.map(({ colour, number }) => [colour, number])) };
}

/** The same picture in fewer bytes; of a page with more than 256 colours some give way to their neighbours. */
export function small(png) {
  const all = chunks(png);
  const header = Buffer.from(all.find(({ type }) => type === "IHDR").data);
  const [width, height, channels] = [header.readUInt32BE(0), header.readUInt32BE(4), CHANNELS[header[9]]];
  assert.ok(channels && header[8] === 8 && header[12] === 0, "not a PNG as Chromium writes it");
  const packed = Buffer.concat(all.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const bytes = unfiltered(inflateSync(packed), width * channels, height, channels);
  const pixels = Uint32Array.from({ length: width * height }, (_, n) => bytes.readUIntBE(n * channels, RGB));
  const { kept, numbers } = palette(pixels);
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((colour, n) => (rows[n + Math.floor(n / width) + 1] = numbers.get(colour)));
  header[9] = 3;
  const body = deflateSync(rows, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 });
  const made = [chunk("IHDR", header), chunk("PLTE", Buffer.from(kept.flat())), chunk("IDAT", body), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...made]);
}
