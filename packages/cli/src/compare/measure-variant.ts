import { type AudioFile, convertStream, createResampler, mixToMono } from '@speech-tokens/audio-files';
import type { PcmChunk, SpeechDetokenizerV1, SpeechTokenizerV1, TokenGrid } from '@speech-tokens/core';
import { createSpeechQualityMeter, createTokenStatistics, type SpeechQuality } from '@speech-tokens/measures';
import { detokenizeGrids } from '../detokenize/detokenize-grids.ts';
import { seenBy } from '../streams/seen-by.ts';
import { tokenizeChunks } from '../tokenize/tokenize-chunks.ts';

/** What was measured of one tokenizer with one number of codebooks. */
export interface VariantFigures {
  readonly durationSeconds: number;
  readonly nominalBitrateBps: number | undefined;
  readonly entropyCodedBitrateBps: number | undefined;
  /** Absent where no detokenizer reads the tokens, and for a recording of no samples. */
  readonly quality: SpeechQuality | undefined;
  /** Seconds of audio for each second of the model's work. */
  readonly encodeTimesRealTime: number | undefined;
  readonly decodeTimesRealTime: number | undefined;
}

export interface Variant {
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1 | undefined;
  readonly codebookCount: number;
}

export interface MeasureOptions {
  readonly signal: AbortSignal;
  readonly onSeconds: (doneSeconds: number) => void;
  /** What passes by, for who wants to keep it. */
  readonly onGrid?: (grid: TokenGrid) => void;
  readonly onDecoded?: (chunk: PcmChunk) => void;
}

/** Quality is measured at this rate, so that tokenizers of different rates can be compared. */
const qualityRateHz = 16_000;

/** Encodes, decodes and measures in one pass: memory does not grow with the length of the recording. */
export async function measureVariant(
  file: AudioFile,
  { tokenizer, detokenizer, codebookCount }: Variant,
  { signal, onSeconds, onGrid, onDecoded }: MeasureOptions,
): Promise<VariantFigures> {
  const { tokenSpace, audioFormat } = tokenizer;
  const statistics = createTokenStatistics(tokenSpace);
  const quality = createSpeechQualityMeter(qualityRateHz);
  let [encodeMs, decodeMs, doneSamples] = [0, 0, 0];

  const count = async function* (grids: AsyncIterable<TokenGrid>): AsyncGenerator<TokenGrid> {
    for await (const grid of grids) {
      statistics.push(grid);
      doneSamples += grid.sampleCount;
      onSeconds(doneSamples / tokenSpace.sampleRateHz);
      onGrid?.(grid);
      yield grid;
    }
  };
  const original = withReference(file.read({ signal }), file.sampleRateHz, quality.pushReference);
  const chunks = convertStream(original, audioFormat, { signal });
  const grids = count(
    tokenizeChunks(tokenizer, chunks, {
      codebookCount,
      signal,
      onWork: (milliseconds) => {
        encodeMs += milliseconds;
      },
    }),
  );
  if (detokenizer === undefined) {
    for await (const _ of grids);
  } else {
    const decoded = detokenizeGrids(detokenizer, grids, {
      codebookCount,
      signal,
      onWork: (milliseconds) => {
        decodeMs += milliseconds;
      },
    });
    const wanted = { sampleRateHz: qualityRateHz, channelCount: 1 };
    const seen = onDecoded === undefined ? decoded : seenBy(decoded, onDecoded);
    for await (const { channels } of convertStream(seen, wanted, { signal })) quality.pushEstimate(channels[0]!);
  }
  const { durationSeconds, nominalBitrateBps, entropyCodedBitrateBps } = statistics.result();
  const speed = (milliseconds: number): number | undefined =>
    milliseconds > 0 ? (1000 * durationSeconds) / milliseconds : undefined;
  return {
    durationSeconds,
    nominalBitrateBps,
    entropyCodedBitrateBps,
    quality: quality.finish(),
    encodeTimesRealTime: speed(encodeMs),
    decodeTimesRealTime: speed(decodeMs),
  };
}

/** Passes chunks on, and gives their mono mix at the rate of the quality measures on the way. */
async function* withReference(
  chunks: AsyncIterable<PcmChunk>,
  fromHz: number,
  push: (samples: Float32Array) => void,
): AsyncGenerator<PcmChunk> {
  const resampler = await createResampler({ fromHz, toHz: qualityRateHz, channelCount: 1 });
  try {
    for await (const chunk of chunks) {
      push(resampler.push(mixToMono(chunk).channels)[0]!);
      yield chunk;
    }
    push(resampler.flush()[0]!);
  } finally {
    resampler.close();
  }
}
