import { type BitReader, readBits, readRice, readSigned, readUnary } from './bit-reader.ts';

/**
 * Reads one channel of a frame (RFC 9639, section 9.2) into `samples`. Numbers are doubles: every sum of a legal
 * stream (32 products of 15 and 33 bits) stays below 2^53 and is exact.
 * @returns false where the bits cannot be a subframe
 */
export function readSubframe(reader: BitReader, samples: Float64Array, bitsPerSample: number): boolean {
  if (readBits(reader, 1) !== 0) return false;
  const type = readBits(reader, 6);
  const wastedBits = readBits(reader, 1) === 1 ? readUnary(reader) + 1 : 0;
  const bits = bitsPerSample - wastedBits;
  if (bits < 1) return false;
  if (!readBody(reader, samples, type, bits) || reader.overrun) return false;
  if (wastedBits > 0) {
    const factor = 2 ** wastedBits;
    for (let i = 0; i < samples.length; i++) samples[i]! *= factor;
  }
  return true;
}

function readBody(reader: BitReader, samples: Float64Array, type: number, bits: number): boolean {
  if (type === 0) {
    samples.fill(readSigned(reader, bits));
    return true;
  }
  if (type === 1) {
    for (let i = 0; i < samples.length; i++) samples[i] = readSigned(reader, bits);
    return true;
  }
  if (type >= 8 && type <= 12) return readFixed(reader, samples, type - 8, bits);
  if (type >= 32) return readLinearPrediction(reader, samples, type - 31, bits);
  return false;
}

function readWarmUp(reader: BitReader, samples: Float64Array, order: number, bits: number): boolean {
  if (order > samples.length) return false;
  for (let i = 0; i < order; i++) samples[i] = readSigned(reader, bits);
  return true;
}

function readFixed(reader: BitReader, samples: Float64Array, order: number, bits: number): boolean {
  if (!readWarmUp(reader, samples, order, bits) || !readResidual(reader, samples, order)) return false;
  const s = samples;
  const n = samples.length;
  switch (order) {
    case 1:
      for (let i = 1; i < n; i++) s[i]! += s[i - 1]!;
      break;
    case 2:
      for (let i = 2; i < n; i++) s[i]! += 2 * s[i - 1]! - s[i - 2]!;
      break;
    case 3:
      for (let i = 3; i < n; i++) s[i]! += 3 * (s[i - 1]! - s[i - 2]!) + s[i - 3]!;
      break;
    case 4:
      for (let i = 4; i < n; i++) s[i]! += 4 * (s[i - 1]! + s[i - 3]!) - 6 * s[i - 2]! - s[i - 4]!;
      break;
  }
  return true;
}

function readLinearPrediction(reader: BitReader, samples: Float64Array, order: number, bits: number): boolean {
  if (!readWarmUp(reader, samples, order, bits)) return false;
  const precision = readBits(reader, 4) + 1;
  if (precision === 16) return false;
  const shift = readSigned(reader, 5);
  if (shift < 0) return false;
  // Reversed, so that coefficients and samples run in the same direction.
  const coefficients = new Float64Array(order);
  for (let i = order - 1; i >= 0; i--) coefficients[i] = readSigned(reader, precision);
  if (!readResidual(reader, samples, order)) return false;
  const scale = 2 ** -shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0, at = i - order; j < order; j++, at++) sum += coefficients[j]! * samples[at]!;
    samples[i]! += Math.floor(sum * scale);
  }
  return true;
}

/** Residuals into `samples[order, length)`. */
function readResidual(reader: BitReader, samples: Float64Array, order: number): boolean {
  const method = readBits(reader, 2);
  if (method > 1) return false;
  const parameterBits = method === 0 ? 4 : 5;
  const escapeCode = method === 0 ? 15 : 31;
  const partitionOrder = readBits(reader, 4);
  const partitionSamples = samples.length >> partitionOrder;
  if (partitionSamples << partitionOrder !== samples.length || partitionSamples < order) return false;
  for (let start = order, end = partitionSamples; end <= samples.length; start = end, end += partitionSamples) {
    const parameter = readBits(reader, parameterBits);
    if (parameter === escapeCode) {
      const rawBits = readBits(reader, 5);
      for (let i = start; i < end; i++) samples[i] = readSigned(reader, rawBits);
    } else {
      readRice(reader, parameter, samples, start, end);
    }
    if (reader.overrun || partitionSamples === 0) return false;
  }
  return true;
}
