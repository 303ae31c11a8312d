import {
  alignmentSamples,
  alignRangeOutward,
  hasSpans,
  type PcmChunk,
  type SpeechDetokenizerV1,
  sampleCountOf,
  sliceGrid,
  type TokenGrid,
} from '@speech-tokens/core';
import { type CallContext, RequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { Components } from './components.ts';
import { gridOf, withoutTransforms } from './make-tokens.ts';
import type { Done, SampleRange, SoundFormat, TokenizerId } from './methods.ts';
import type { OpenDocument } from './open-document.ts';
import { detokenizeGrid } from './streams.ts';

/**
 * Decoding starts so long before what is wanted, so that what a model carries on from the past is there: far from the start of
 * a stream, hardly anything is heard of where it began.
 */
const warmUpSeconds = 4;

/** The sound of some tokens by ranges: from any place, and without a seam where one range follows another. */
export interface RangeDecoder {
  readonly format: SoundFormat;
  /** Ranges are decoded one after the other. */
  read(wanted: SampleRange & { readonly codebookCount: number }, signal: AbortSignal): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** A run in progress, which goes on where the last range ended. */
interface Run {
  readonly codebookCount: number;
  readonly chunks: AsyncIterator<PcmChunk>;
  readonly controller: AbortController;
  /** What was decoded beyond the last range; where it starts. */
  rest: readonly Float32Array[];
  nextSample: number;
}

/** @throws RequestError `argument-invalid` where the tokens can only be decoded as a whole */
export async function rangeDecoderOf(
  document: OpenDocument,
  tokenizer: TokenizerId,
  components: Components,
  context: CallContext<Done>,
): Promise<RangeDecoder> {
  const before = document.decoders.get(tokenizer);
  if (before !== undefined) return before;
  const grid = withoutTransforms(await gridOf(document, tokenizer, components, context));
  if (grid === undefined)
    throw new RequestError(t('Byte pairs can only be undone with their merges'), 'argument-invalid');
  if (alignmentSamples(grid.tokenSpace) === undefined || hasSpans(grid.tokenSpace)) {
    throw new RequestError(t('These tokens can only be decoded as a whole'), 'argument-invalid');
  }
  const detokenizer = await components.detokenizerFor(grid.tokenSpace);
  const decoder = createRangeDecoder(grid, detokenizer, tokenizer ?? 'tokens');
  document.decoders.set(tokenizer, decoder);
  return decoder;
}

function createRangeDecoder(grid: TokenGrid, detokenizer: SpeechDetokenizerV1, title: string): RangeDecoder {
  const { sampleRateHz, channelCount } = detokenizer.audioFormat;
  const scale = sampleRateHz / grid.tokenSpace.sampleRateHz;
  const gridEnd = grid.startSample + grid.sampleCount;
  const silence = (count: number) => Array.from({ length: channelCount }, () => new Float32Array(count));
  let run: Run | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const startRun = (startSample: number, codebookCount: number): Run => {
    const from = Math.max(grid.startSample, startSample / scale - warmUpSeconds * grid.tokenSpace.sampleRateHz);
    const aligned = alignRangeOutward(grid, { startSample: from, endSample: gridEnd });
    const controller = new AbortController();
    const part = sliceGrid(grid, aligned.startSample, gridEnd);
    const chunks = detokenizeGrid(detokenizer, part, codebookCount, controller.signal)[Symbol.asyncIterator]();
    return { codebookCount, chunks, controller, rest: silence(0), nextSample: Math.round(aligned.startSample * scale) };
  };
  const read = async (
    { startSample, endSample, codebookCount }: SampleRange & { readonly codebookCount: number },
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> => {
    signal.throwIfAborted();
    const channels = silence(endSample - startSample);
    const soundEnd = Math.min(endSample, Math.round(gridEnd * scale));
    const goesOn = run !== undefined && run.codebookCount === codebookCount && run.nextSample === startSample;
    if (!goesOn) {
      run?.controller.abort(new Error('Another range is wanted'));
      await run?.chunks.return?.();
      run = startRun(startSample, codebookCount);
    }
    const mine = run!;
    // Where it is aborted, the next range starts anew.
    run = undefined;
    const abort = (): void => mine.controller.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      while (mine.nextSample < soundEnd) {
        if (mine.rest[0]!.length === 0) {
          const { value, done } = await mine.chunks.next();
          if (done) break;
          mine.rest = value.channels;
          if (sampleCountOf(value) === 0) continue;
        }
        const count = Math.min(mine.rest[0]!.length, soundEnd - mine.nextSample);
        const at = mine.nextSample - startSample;
        for (const [i, samples] of mine.rest.entries()) {
          if (at + count > 0) channels[i]!.set(samples.subarray(Math.max(0, -at), count), Math.max(0, at));
        }
        mine.rest = mine.rest.map((samples) => samples.subarray(count));
        mine.nextSample += count;
      }
      signal.throwIfAborted();
      run = mine;
      return channels;
    } finally {
      signal.removeEventListener('abort', abort);
      if (run !== mine) await mine.chunks.return?.();
    }
  };
  return {
    format: { title: `decoded: ${title}`, sampleRateHz, channelCount, sampleCount: Math.round(gridEnd * scale) },
    read(wanted, signal) {
      const result = last.then(() => read(wanted, signal));
      last = result.catch(() => {});
      return result;
    },
    async close() {
      run?.controller.abort(new Error('The document was closed'));
      await run?.chunks.return?.();
    },
  };
}
