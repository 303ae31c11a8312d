import { type SideTrack, SpeechTokensError, type TokenGrid, type TokenSpace } from '@speech-tokens/core';
import { scaleTrackShape } from '../encodec/scale-track.ts';
import { ecdcError } from './ecdc-error.ts';
import { type EcdcHeader, readEcdcHeader, truncated } from './ecdc-header.ts';
import { bodySizeBytes, type EcdcModel, ecdcModels, isOfModel, segmentFrameCounts } from './ecdc-models.ts';

export interface ReadEcdcOptions {
  /** Name of the file, for messages. */
  readonly path?: string;
  /**
   * The space of the detokenizer that the tokens are for. An `.ecdc` file names the model, but not its weights, so this
   * says whose they are. The space of the listed component where absent, which a loaded detokenizer does not take.
   */
  readonly tokenSpace?: TokenSpace;
}

/**
 * The tokens of an `.ecdc` file, as the authors' program writes them: per segment a scale where the model has one, then
 * codes of log2(size) bits, lowest bit first, frame by frame and in each codebook by codebook, up to a whole byte.
 * Source: facebookresearch/encodec, encodec/compress.py, `decompress_from_file`.
 * @throws SpeechTokensError `token-file-invalid` for what is no such file, or one that was packed with the language model
 * @throws SpeechTokensError `argument-invalid` for a token space that is not of the file's model
 */
export function readEcdc(bytes: Uint8Array, options: ReadEcdcOptions = {}): TokenGrid {
  const path = options.path ?? 'The .ecdc data';
  const header = readEcdcHeader(bytes, path);
  const { sampleCount, codebookCount, modelName, sizeBytes } = header;
  const model = ecdcModels.find(({ name }) => name === modelName)!;
  const tokenSpace = options.tokenSpace ?? model.tokenSpace;
  if (!isOfModel(tokenSpace, model)) throw otherModel(path, tokenSpace, header, model);
  if (header.usesLanguageModel) {
    throw ecdcError(path, {
      problem: 'The codes are packed with the language model of the authors',
      found: '"lm": true',
      wanted: '"lm": false',
      remedy: 'Make the file again without the option --lm of the encodec program',
    });
  }
  // Before anything is allocated: a header may promise any length.
  const wantedBytes = sizeBytes + bodySizeBytes(model, sampleCount, codebookCount);
  if (bytes.length < wantedBytes) throw truncated(path, bytes.length, wantedBytes);
  if (bytes.length > wantedBytes) {
    const [found, wanted] = [`${bytes.length} bytes`, `${wantedBytes} bytes`];
    throw ecdcError(path, { problem: 'The file is longer than its header says', found, wanted });
  }

  const counts = segmentFrameCounts(model, sampleCount);
  const frameCount = counts.reduce((sum, count) => sum + count, 0);
  const tracks = Array.from({ length: codebookCount }, () => ({ ids: new Uint32Array(frameCount) }));
  const scales = new Float32Array(model.hasScales ? counts.length : 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = sizeBytes;
  let firstFrame = 0;
  for (const [segment, frames] of counts.entries()) {
    if (model.hasScales) {
      scales[segment] = readScale(view, at, path);
      at += 4;
    }
    at = unpack(bytes, at, tracks, firstFrame, frames, Math.log2(tokenSpace.codebooks[0]!.size));
    firstFrame += frames;
  }
  const sideTracks: readonly SideTrack[] = model.hasScales ? [{ ...scaleTrackShape(tokenSpace), values: scales }] : [];
  return { tokenSpace, startSample: 0, sampleCount, tracks, ...(sideTracks.length === 0 ? {} : { sideTracks }) };
}

function readScale(view: DataView, at: number, path: string): number {
  const scale = view.getFloat32(at);
  if (Number.isFinite(scale)) return scale;
  throw ecdcError(path, { problem: 'A scale is not finite', found: `${scale} at byte ${at}`, wanted: 'a number' });
}

/** @returns where the next segment starts */
function unpack(
  bytes: Uint8Array,
  start: number,
  tracks: readonly { readonly ids: Uint32Array }[],
  firstFrame: number,
  frames: number,
  bits: number,
): number {
  const mask = 2 ** bits - 1;
  let at = start;
  let held = 0;
  let heldBits = 0;
  for (let frame = firstFrame; frame < firstFrame + frames; frame++) {
    for (const { ids } of tracks) {
      while (heldBits < bits) {
        held |= bytes[at++]! << heldBits;
        heldBits += 8;
      }
      ids[frame] = held & mask;
      held >>>= bits;
      heldBits -= bits;
    }
  }
  return at;
}

function otherModel(
  path: string,
  space: TokenSpace,
  { modelName }: EcdcHeader,
  { tokenSpace }: EcdcModel,
): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `${path} does not hold tokens of ${space.id}`,
    found: `tokens of ${modelName}`,
    wanted: `a token space as that of ${tokenSpace.id}`,
    remedy: `Use the detokenizer ${tokenSpace.id}, with weights of the published size`,
    details: { argument: 'tokenSpace' },
  });
}
