import { SpeechTokensError, type TokenGrid, validateTokenGrid } from '@speech-tokens/core';
import { scalesOf } from '../encodec/scale-track.ts';
import { buildEcdcHeader } from './ecdc-header.ts';
import { bodySizeBytes, ecdcModelOf, segmentFrameCounts } from './ecdc-models.ts';

/**
 * Tokens as an `.ecdc` file, byte for byte as the authors' program writes them without its language model. The file does
 * not say where a stretch of a recording starts, nor with which weights its tokens were made.
 * Source: facebookresearch/encodec, encodec/compress.py, `compress_to_file`.
 * @throws SpeechTokensError `argument-invalid` for a space other than EnCodec's at 24 and 48 kHz, and for a stretch that
 * ends within a recording: of its last segment the file would hold less
 * @throws SpeechTokensError `token-grid-invalid`
 */
export function writeEcdc(grid: TokenGrid): Uint8Array {
  validateTokenGrid(grid);
  const { tokenSpace, sampleCount, tracks } = grid;
  const model = ecdcModelOf(tokenSpace);
  const counts = segmentFrameCounts(model, sampleCount);
  const wanted = counts.reduce((sum, count) => sum + count, 0);
  const found = tracks[0]!.ids.length;
  if (found !== wanted) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'An .ecdc file cannot hold a stretch that ends between two segments of a recording',
      found: `${found} frames`,
      wanted: `${wanted} frames, as of a recording of ${sampleCount} samples`,
      remedy: 'Write the whole recording, or tokenize the stretch by itself',
      details: { argument: 'grid' },
    });
  }
  const header = buildEcdcHeader({
    modelName: model.name,
    sampleCount,
    codebookCount: tracks.length,
    usesLanguageModel: false,
  });
  const bytes = new Uint8Array(header.length + bodySizeBytes(model, sampleCount, tracks.length));
  bytes.set(header);
  const scales = model.hasScales && sampleCount > 0 ? scalesOf(grid) : undefined;
  const view = new DataView(bytes.buffer);
  let at = header.length;
  let firstFrame = 0;
  for (const [segment, frames] of counts.entries()) {
    if (scales !== undefined) {
      view.setFloat32(at, scales[segment]!);
      at += 4;
    }
    at = pack(bytes, at, tracks, firstFrame, frames, Math.log2(tokenSpace.codebooks[0]!.size));
    firstFrame += frames;
  }
  return bytes;
}

/** @returns where the next segment starts */
function pack(
  bytes: Uint8Array,
  start: number,
  tracks: TokenGrid['tracks'],
  firstFrame: number,
  frames: number,
  bits: number,
): number {
  let at = start;
  let held = 0;
  let heldBits = 0;
  for (let frame = firstFrame; frame < firstFrame + frames; frame++) {
    for (const { ids } of tracks) {
      held |= ids[frame]! << heldBits;
      heldBits += bits;
      for (; heldBits >= 8; heldBits -= 8) {
        bytes[at++] = held & 0xff;
        held >>>= 8;
      }
    }
  }
  if (heldBits > 0) bytes[at++] = held;
  return at;
}
