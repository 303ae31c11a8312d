import {
  createWholeTokenizer,
  raceSignal,
  type SpeechTokenizerV1,
  SpeechTokensError,
  type TokenSpace,
} from '@speech-tokens/core';
import type { OnnxFile, TensorInput } from '@speech-tokens/onnx-graph';
import type { WhisperMel } from '../whisper/whisper-mel.ts';
import { type S3Window, s3Windows } from './s3-windows.ts';

/** Log-mel frames are those of Whisper large-v3. */
export const s3MelShape = { sampleRateHz: 16_000, bandCount: 128, fftSize: 400, hopSamples: 160 };

export interface S3TokenizerParts {
  readonly tokenSpace: TokenSpace;
  readonly framesPerUnit: number;
  readonly mel: WhisperMel;
  readonly model: OnnxFile;
}

/**
 * A tokenizer around a published model: `feats float [1, bands, frames], feats_length int32 [1] → indices int [1, units]`
 * or `[1, 1, units]`. The log-mel frames depend on the greatest of the whole recording, so it does not stream.
 */
export function createS3Tokenizer({ tokenSpace, framesPerUnit, mel, model }: S3TokenizerParts): SpeechTokenizerV1 {
  const { bandCount, hopSamples } = s3MelShape;
  return createWholeTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    async tracksOf(channels, _codebookCount, options) {
      const { signal, onProgress } = options;
      const samples = channels[0]!;
      const frames = await raceSignal(mel.read(samples, options), signal);
      const frameCount = frames.length / bandCount;
      const ids = new Uint32Array(Math.ceil(frameCount / framesPerUnit));
      for (const window of s3Windows(frameCount, framesPerUnit)) {
        signal?.throwIfAborted();
        const rows = frames.subarray(window.startFrame * bandCount, window.endFrame * bandCount);
        const units = await raceSignal(unitsOf(model, rows, framesPerUnit), signal);
        ids.set(keptUnits(units, window, framesPerUnit), window.keptStartUnit);
        const done = window.endFrame === frameCount ? samples.length : window.endFrame * hopSamples;
        onProgress?.({ stage: 'Encoding', done, total: samples.length, unit: 'samples' });
      }
      return [{ ids }];
    },
    async close() {
      await model.close();
      await mel.close();
    },
  });
}

function keptUnits(units: Uint32Array, window: S3Window, framesPerUnit: number): Uint32Array {
  const first = window.startFrame / framesPerUnit;
  return units.subarray(window.keptStartUnit - first, window.keptEndUnit - first);
}

/**
 * The units of some log-mel frames, `[frames, bands]`.
 * @throws SpeechTokensError `checkpoint-invalid` where the model gives another number of units
 */
export async function unitsOf(model: OnnxFile, rows: Float32Array, framesPerUnit: number): Promise<Uint32Array> {
  const { bandCount } = s3MelShape;
  const frameCount = rows.length / bandCount;
  const { indices } = await model.run({
    feats: { values: bandsFirst(rows, bandCount), shape: [1, bandCount, frameCount] },
    feats_length: { values: Int32Array.of(frameCount), shape: [1] },
  });
  const wanted = Math.ceil(frameCount / framesPerUnit);
  if (indices!.shape.at(-1) !== wanted || indices!.values.length !== wanted) {
    throw wrongRate(model.path, indices!, frameCount, wanted);
  }
  return Uint32Array.from(indices!.values);
}

function bandsFirst(rows: Float32Array, bandCount: number): Float32Array {
  const frameCount = rows.length / bandCount;
  const values = new Float32Array(rows.length);
  for (let frame = 0; frame < frameCount; frame++) {
    for (let band = 0; band < bandCount; band++) values[band * frameCount + frame] = rows[frame * bandCount + band]!;
  }
  return values;
}

function wrongRate(
  path: string,
  { shape }: TensorInput,
  frameCount: number,
  wanted: number,
): SpeechTokensError<'checkpoint-invalid'> {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${path} gives another number of units than this tokenizer has`,
    found: `indices [${shape.join(', ')}] for ${frameCount} log-mel frames`,
    wanted: `${wanted} units`,
    remedy: 'Files of one name have 50 units a second (CosyVoice-300M) and 25 (CosyVoice-300M-25Hz): use the other id',
    details: { path },
  });
}
