import {
  type AudioClip,
  checkCodebookCount,
  createWholeTokenizer,
  type DetokenizeOptions,
  detokenizeOneByOne,
  raceSignal,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  SpeechTokensError,
  type TokenGrid,
  type TokenSpace,
  trackFrameCounts,
  validateTokenGrid,
} from '@speech-tokens/core';
import type { OnnxFile, TensorInput } from '@speech-tokens/onnx-graph';
import type { PublishedConfig } from './published-config.ts';

/**
 * A tokenizer around a published encoder: `input_values float [1, 1, samples] → audio_codes int [1, codebooks, frames]`,
 * or a tensor a codebook. It carries no state: clips are encoded whole, in memory that grows with their length.
 */
export function createPublishedTokenizer(
  encoder: OnnxFile,
  config: PublishedConfig,
  tokenSpace: TokenSpace,
): SpeechTokenizerV1 {
  return createWholeTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    async tracksOf([samples], codebookCount, { signal }) {
      const { length } = samples!;
      const codes = length === 0 ? [] : await raceSignal(encodeSamples(encoder, config, samples!), signal);
      const { padded } = trackFrameCounts(tokenSpace, length)!;
      return padded
        .slice(0, codebookCount)
        .map((frames, k) => ({ ids: codes[k]?.slice(0, frames) ?? new Uint32Array(0) }));
    },
    close: () => encoder.close(),
  });
}

/** A detokenizer around a published decoder: the mirror, `audio_codes → audio_values [1, 1, samples]`. */
export function createPublishedDetokenizer(
  decoder: OnnxFile,
  config: PublishedConfig,
  tokenSpace: TokenSpace,
): SpeechDetokenizerV1 {
  const detokenize = async (grid: TokenGrid, { codebookCount, signal }: DetokenizeOptions = {}): Promise<AudioClip> => {
    signal?.throwIfAborted();
    validateTokenGrid(grid, { tokenSpace });
    const count = checkCodebookCount(codebookCount, grid.tracks.length);
    if (count !== tokenSpace.codebooks.length) throw wrongCount(count, tokenSpace.codebooks.length);
    const samples = new Float32Array(grid.sampleCount);
    if (grid.sampleCount > 0) {
      const { audio_values: decoded } = await raceSignal(decoder.run(codesInput(wholeFrames(grid), config)), signal);
      samples.set((decoded!.values as Float32Array).subarray(0, grid.sampleCount));
    }
    return { sampleRateHz: tokenSpace.sampleRateHz, channels: [samples] };
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    detokenize,
    async detokenizeBatch(grids, options = {}) {
      checkCodebookCount(options.codebookCount, tokenSpace.codebooks.length);
      return detokenizeOneByOne({ tokenSpace, detokenize }, grids, options);
    },
    close: () => decoder.close(),
  };
}

/** Codes of each codebook, for the audio padded as the codec wants it. */
export async function encodeSamples(
  encoder: OnnxFile,
  config: PublishedConfig,
  samples: Float32Array,
): Promise<readonly Uint32Array[]> {
  const values = new Float32Array(Math.ceil(samples.length / config.paddingSamples) * config.paddingSamples);
  values.set(samples);
  const shape = [1, 1, values.length];
  const inputs: Record<string, TensorInput> = { input_values: { values, shape } };
  // Exports of EnCodec take the mask of real samples.
  if (encoder.inputNames.includes('padding_mask')) {
    inputs.padding_mask = { values: new Int32Array(values.length).fill(1), shape: [1, values.length] };
  }
  const outputs = await encoder.run(inputs);
  if (config.hasTensorPerCodebook) {
    const names = config.hopsSamples.map((_, k) => `audio_codes.${k}`);
    return names.map((name) => Uint32Array.from(required(encoder, outputs, name).values));
  }
  // [1, codebooks, frames]; EnCodec puts an axis of segments before.
  const { values: codes, shape: found } = required(encoder, outputs, 'audio_codes');
  const frames = found.at(-1)!;
  return Array.from({ length: found.at(-2)! }, (_, k) =>
    Uint32Array.from(codes.subarray(k * frames, (k + 1) * frames)),
  );
}

function codesInput(codes: readonly Uint32Array[], config: PublishedConfig): Record<string, TensorInput> {
  if (config.hasTensorPerCodebook) {
    return Object.fromEntries(
      codes.map((ids, k) => [`audio_codes.${k}`, { values: Int32Array.from(ids), shape: [1, ids.length] }]),
    );
  }
  const frames = codes[0]!.length;
  const values = new Int32Array(codes.length * frames);
  for (const [k, ids] of codes.entries()) values.set(ids, k * frames);
  return { audio_codes: { values, shape: [1, codes.length, frames] } };
}

/** The ids up to the end of the last coarse frame: where a grid stops short of it, its last ids are repeated. */
function wholeFrames({ tokenSpace, sampleCount, tracks }: TokenGrid): readonly Uint32Array[] {
  const { padded } = trackFrameCounts(tokenSpace, sampleCount)!;
  return tracks.map(({ ids }, k) =>
    Uint32Array.from({ length: padded[k]! }, (_, i) => ids[Math.min(i, ids.length - 1)]!),
  );
}

/** @throws SpeechTokensError `checkpoint-invalid` when a model lacks one of the names of published exports */
export function checkNames(model: OnnxFile, inputs: readonly string[], outputs: readonly string[]): void {
  const missing = [
    ...inputs.filter((name) => !model.inputNames.includes(name)).map((name) => `input ${name}`),
    ...outputs.filter((name) => !model.outputNames.includes(name)).map((name) => `output ${name}`),
  ];
  if (missing.length === 0) return;
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `${model.path} is no export of this codec: it lacks ${missing.join(', ')}`,
    found: `inputs ${model.inputNames.join(', ')}; outputs ${model.outputNames.join(', ')}`,
    wanted: `inputs ${inputs.join(', ')}; outputs ${outputs.join(', ')}`,
    remedy: 'Use encoder_model.onnx and decoder_model.onnx as they are published for transformers.js',
    details: { path: model.path },
  });
}

function required(model: OnnxFile, outputs: Readonly<Record<string, TensorInput>>, name: string): TensorInput {
  const found = outputs[name];
  if (found === undefined) checkNames(model, [], [name]);
  return found!;
}

function wrongCount(found: number, wanted: number): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: 'A published export decodes only the number of codebooks that it was made with',
    found: String(found),
    wanted: String(wanted),
    remedy: 'Give all codebooks, or use the codec that reads the weights of the authors',
    details: { argument: 'codebookCount' },
  });
}
