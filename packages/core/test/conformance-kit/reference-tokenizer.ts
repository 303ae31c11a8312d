import {
  type AudioClip,
  type CallOptions,
  createStreamSession,
  type PcmChunk,
  type SpeechTokenizerV1,
  type StreamMachine,
  sampleCountOf,
  type TokenGrid,
  type TokenizeOptions,
  type TokenSpace,
  tokenizeOneByOne,
  validateAudioClip,
} from '../../src/index.ts';
import { joinGrids } from '../../src/transforms/join-grids.ts';
import {
  breathe,
  checkCodebookCount,
  closedError,
  idOf,
  levelOf,
  type ReferenceFormat,
  spaceOf,
  streamOrder,
} from './reference-format.ts';

/**
 * A tokenizer that keeps every promise, small enough to be read: residual quantization of weighted means, with one
 * block of look-ahead and a memory of the blocks before.
 */
export function createReferenceTokenizer(format: ReferenceFormat): SpeechTokenizerV1 {
  const tokenSpace = spaceOf(format);
  const audioFormat = { sampleRateHz: format.sampleRateHz, channelCount: format.channelCount };
  const block = format.hops[0] as number;
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw closedError();
  };

  const tokenize = async (clip: AudioClip, options: TokenizeOptions = {}): Promise<TokenGrid> => {
    options.signal?.throwIfAborted();
    assertOpen();
    const codebookCount = checkCodebookCount(options.codebookCount, tokenSpace.codebooks.length);
    const machine = createTokenizerMachine(format, tokenSpace, codebookCount);
    const total = sampleCountOf(clip);
    const accepted = machine.accept({ ...clip, startSample: 0 });
    options.onProgress?.({ stage: 'Tokenizing', done: 0, total, unit: 'samples' });
    const grids = [...(await machine.push(accepted, options)), ...(await machine.flush(options))];
    options.onProgress?.({ stage: 'Tokenizing', done: total, total, unit: 'samples' });
    return grids.length === 0 ? emptyGrid(tokenSpace, codebookCount) : joinGrids(grids);
  };

  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    tokenize,
    tokenizeBatch: (clips, options) => tokenizeOneByOne({ audioFormat, tokenize }, clips, options),
    streaming: {
      latencySamples: 2 * block,
      async open(options = {}) {
        assertOpen();
        const codebookCount = checkCodebookCount(options.codebookCount, tokenSpace.codebooks.length);
        return createStreamSession(createTokenizerMachine(format, tokenSpace, codebookCount), {
          writtenBy: `tokenizer ${tokenSpace.id}`,
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

function emptyGrid(tokenSpace: TokenSpace, codebookCount: number): TokenGrid {
  const tracks = Array.from({ length: codebookCount }, () => ({ ids: new Uint32Array(0) }));
  return { tokenSpace, startSample: 0, sampleCount: 0, tracks };
}

/** Where a stream stands: samples that are not yet tokens, where they start, and the memory of those before. */
interface Standing {
  readonly startSample: number;
  readonly pending: readonly Float32Array[];
  readonly memory: number;
}

function createTokenizerMachine(
  format: ReferenceFormat,
  tokenSpace: TokenSpace,
  codebookCount: number,
): StreamMachine<PcmChunk, TokenGrid> {
  const block = format.hops[0] as number;
  const start = (): Standing => ({
    startSample: 0,
    pending: Array.from({ length: format.channelCount }, () => new Float32Array(0)),
    memory: 0,
  });
  let at = start();

  /** The tokens of the first pending samples, at most a block of them, which are then no longer pending. */
  const takeBlock = (): TokenGrid => {
    const count = Math.min(block, at.pending[0]?.length ?? 0);
    const tracks = [];
    for (let k = 0; k < codebookCount; k++) {
      const hop = format.hops[k] as number;
      const ids = new Uint32Array(Math.ceil(count / hop));
      for (let frame = 0; frame < ids.length; frame++) {
        const ahead = 0.25 * meanOf(at.pending, block, block);
        let rest = meanOf(at.pending, frame * hop, hop) + ahead + 0.5 * at.memory;
        for (let coarse = 0; coarse < k; coarse++) {
          const coarseFrame = Math.floor((frame * hop) / (format.hops[coarse] as number));
          rest -= levelOf(tracks[coarse]?.ids[coarseFrame] ?? 0, coarse);
        }
        ids[frame] = idOf(rest, k);
      }
      tracks.push({ ids });
    }
    const grid = { tokenSpace, startSample: at.startSample, sampleCount: count, tracks };
    at = {
      startSample: at.startSample + count,
      memory: 0.5 * at.memory + 0.5 * meanOf(at.pending, 0, block),
      pending: at.pending.map((samples) => samples.slice(count)),
    };
    return grid;
  };

  const takeBlocks = async (least: number, { signal }: CallOptions): Promise<readonly TokenGrid[]> => {
    const grids: TokenGrid[] = [];
    while ((at.pending[0]?.length ?? 0) >= least) {
      await breathe(signal);
      grids.push(takeBlock());
    }
    return grids.length === 0 ? [] : [joinGrids(grids)];
  };

  return {
    accept(chunk) {
      validateAudioClip(chunk, format);
      return { ...chunk, channels: chunk.channels.map((samples) => samples.slice()) };
    },
    async push(chunk, options) {
      const end = at.startSample + (at.pending[0]?.length ?? 0);
      if (chunk.startSample !== end) throw streamOrder(chunk.startSample, end);
      const pending = at.pending.map((samples, channel) =>
        joinSamples(samples, chunk.channels[channel] as Float32Array),
      );
      at = { ...at, pending };
      return takeBlocks(2 * block, options);
    },
    flush: (options) => takeBlocks(1, options),
    reset() {
      at = start();
    },
    save: () => ({ ...at, pending: at.pending.map((samples) => samples.slice()) }),
    restore(data) {
      const saved = data as Partial<Standing> | null;
      if (saved === null || typeof saved !== 'object' || !Array.isArray(saved.pending)) return false;
      const { startSample, memory, pending } = saved as Standing;
      at = { startSample, memory, pending: pending.map((samples) => samples.slice()) };
      return true;
    },
  };
}

/** Weighted mean over all channels; what lies past the end counts as silence. Each sample has a weight of its own. */
function meanOf(channels: readonly Float32Array[], from: number, count: number): number {
  let sum = 0;
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0; i < count; i++) sum += (samples[from + i] ?? 0) * (1 + i / count) * (channel === 0 ? 1 : -0.5);
  }
  return sum / count;
}

function joinSamples(first: Float32Array, second: Float32Array): Float32Array {
  const joined = new Float32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
