import {
  type AudioClip,
  type CallOptions,
  createStreamSession,
  type DetokenizeOptions,
  detokenizeOneByOne,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
  validateTokenGrid,
} from '../../src/index.ts';
import { takeCodebooks } from '../../src/tokens/take-codebooks.ts';
import {
  breathe,
  checkCodebookCount,
  closedError,
  levelOf,
  type ReferenceFormat,
  spaceOf,
  streamOrder,
} from './reference-format.ts';

/** The mirror of the reference tokenizer: steps at the levels of the ids, with one block of look-ahead and a memory. */
export function createReferenceDetokenizer(format: ReferenceFormat): SpeechDetokenizerV1 {
  const tokenSpace = spaceOf(format);
  const block = format.hops[0] as number;
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw closedError();
  };

  const detokenize = async (grid: TokenGrid, options: DetokenizeOptions = {}): Promise<AudioClip> => {
    options.signal?.throwIfAborted();
    assertOpen();
    checkCodebookCount(options.codebookCount, grid.tracks.length || 1);
    const machine = createDetokenizerMachine(format, tokenSpace, options.codebookCount);
    const accepted = machine.accept(grid);
    options.onProgress?.({ stage: 'Detokenizing', done: 0, total: grid.sampleCount, unit: 'samples' });
    const chunks = [
      ...(await machine.push({ ...accepted, startSample: 0 }, options)),
      ...(await machine.flush(options)),
    ];
    options.onProgress?.({ stage: 'Detokenizing', done: grid.sampleCount, total: grid.sampleCount, unit: 'samples' });
    return joinChunks(format, chunks);
  };

  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat: { sampleRateHz: format.outputRateHz, channelCount: format.channelCount },
    detokenize,
    detokenizeBatch: (grids, options) => detokenizeOneByOne({ tokenSpace, detokenize }, grids, options),
    streaming: {
      latencySamples: 2 * block,
      async open(options = {}) {
        assertOpen();
        checkCodebookCount(options.codebookCount, tokenSpace.codebooks.length);
        return createStreamSession(createDetokenizerMachine(format, tokenSpace, options.codebookCount), {
          writtenBy: `detokenizer ${tokenSpace.id}`,
          formatVersion: 1,
          state: options.state,
          isClosed: () => closed,
        });
      },
    },
    async close() {
      closed = true;
    },
  };
}

function joinChunks({ channelCount, outputRateHz }: ReferenceFormat, chunks: readonly PcmChunk[]): AudioClip {
  const channels = Array.from({ length: channelCount }, (_, channel) => {
    const parts = chunks.map((chunk) => Array.from(chunk.channels[channel] as Float32Array));
    return Float32Array.from(parts.flat());
  });
  return { sampleRateHz: outputRateHz, channels };
}

/** Where a stream stands: levels of samples that are not yet audio, where they start, and the memory of those before. */
interface Standing {
  readonly startSample: number;
  /** One level for each sample of the token space. */
  readonly pending: Float64Array;
  readonly memory: number;
}

function createDetokenizerMachine(
  format: ReferenceFormat,
  tokenSpace: TokenSpace,
  codebookCount: number | undefined,
): StreamMachine<TokenGrid, PcmChunk> {
  const block = format.hops[0] as number;
  const ratio = format.outputRateHz / format.sampleRateHz;
  let at: Standing = { startSample: 0, pending: new Float64Array(0), memory: 0 };

  const takeBlock = (): PcmChunk => {
    const { startSample, pending, memory } = at;
    const count = Math.min(block, pending.length);
    const ahead = 0.25 * meanOf(pending.subarray(block, 2 * block));
    const first = Math.round(startSample * ratio);
    const mono = new Float32Array(Math.round((startSample + count) * ratio) - first);
    for (let i = 0; i < mono.length; i++) {
      const sample = Math.max(0, Math.min(count - 1, Math.floor((first + i) / ratio) - startSample));
      mono[i] = 0.4 * ((pending[sample] as number) + ahead + 0.5 * memory);
    }
    at = {
      startSample: startSample + count,
      pending: pending.slice(count),
      memory: 0.5 * memory + 0.5 * meanOf(pending.subarray(0, block)),
    };
    const channels = Array.from({ length: format.channelCount }, (_, channel) =>
      mono.map((value) => value / (channel + 1)),
    );
    return { sampleRateHz: format.outputRateHz, startSample: first, channels };
  };

  const takeBlocks = async (least: number, { signal }: CallOptions): Promise<readonly PcmChunk[]> => {
    const chunks: PcmChunk[] = [];
    while (at.pending.length >= least) {
      await breathe(signal);
      chunks.push(takeBlock());
    }
    return chunks;
  };

  return {
    accept(grid) {
      validateTokenGrid(grid, { tokenSpace });
      const fewer = takeCodebooks(grid, Math.min(codebookCount ?? grid.tracks.length, grid.tracks.length));
      return { ...fewer, tracks: fewer.tracks.map(({ ids }) => ({ ids: ids.slice() })) };
    },
    async push(grid, options) {
      const end = at.startSample + at.pending.length;
      if (grid.startSample !== end) throw streamOrder(grid.startSample, end);
      const levels = new Float64Array(at.pending.length + grid.sampleCount);
      levels.set(at.pending);
      for (let i = 0; i < grid.sampleCount; i++) levels[at.pending.length + i] = levelAt(format, grid, i);
      at = { ...at, pending: levels };
      return takeBlocks(2 * block, options);
    },
    flush: (options) => takeBlocks(1, options),
    reset() {
      at = { startSample: 0, pending: new Float64Array(0), memory: 0 };
    },
    save: () => ({ ...at, pending: at.pending.slice() }),
    restore(data) {
      const saved = data as Partial<Standing> | null;
      if (saved === null || typeof saved !== 'object' || saved.pending === undefined) return false;
      const { startSample, memory, pending } = saved as Standing;
      at = { startSample, memory, pending: pending.slice() };
      return true;
    },
  };
}

function levelAt({ hops }: ReferenceFormat, { tracks }: TokenGrid, sample: number): number {
  let level = 0;
  for (const [k, { ids }] of tracks.entries()) level += levelOf(ids[Math.floor(sample / (hops[k] as number))] ?? 0, k);
  return level;
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
