import type { AudioClip, AudioFormat, PcmChunk } from '../audio/audio-clip.ts';
import { tokenizeOneByOne } from '../batches/tokenize-one-by-one.ts';
import type { SpeechTokenizerV1, TokenizeOptions, TokenizerSettings } from '../contract/speech-tokenizer.ts';
import type { SessionState } from '../contract/streaming.ts';
import type { SideTrack, TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { createStreamSession, type StreamMachine } from './create-stream-session.ts';
import { joined } from './joined.ts';
import { checkCodebookCount } from './stream-rules.ts';

export interface StreamTokenizerParts {
  readonly tokenSpace: TokenSpace;
  readonly audioFormat: AudioFormat;
  readonly latencySamples: number;
  /** The side tracks of every grid, by their shape. Each grid then ends with a row of theirs, or with the recording. */
  readonly sideTracks?: readonly Omit<SideTrack, 'values'>[];
  /** A new stream that gives the first `codebookCount` codebooks. */
  openStream(codebookCount: number): Promise<StreamMachine<PcmChunk, TokenGrid>>;
  /** Frees what streams run on. Called once. */
  close(): Promise<void>;
}

/**
 * A tokenizer around streams: whole clips go the same way, and so do the clips of a batch, one after another; all give the
 * same tokens.
 */
export function createStreamTokenizer(parts: StreamTokenizerParts): SpeechTokenizerV1 {
  const { tokenSpace, audioFormat, latencySamples } = parts;
  let released: Promise<void> | undefined;
  const open = async (settings: TokenizerSettings & { readonly state?: SessionState }) => {
    const codebookCount = checkCodebookCount(settings.codebookCount, tokenSpace.codebooks.length);
    const options = {
      writtenBy: `tokenizer ${tokenSpace.id} with ${codebookCount} codebooks`,
      formatVersion: 1,
      state: settings.state,
      isClosed: () => released !== undefined,
    };
    return createStreamSession(await parts.openStream(codebookCount), options);
  };
  const tokenize = async (clip: AudioClip, { codebookCount, ...options }: TokenizeOptions = {}): Promise<TokenGrid> => {
    options.signal?.throwIfAborted();
    const session = await open(codebookCount === undefined ? {} : { codebookCount });
    const pieces = [...(await session.push({ ...clip, startSample: 0 }, options)), ...(await session.flush(options))];
    const idsOf = (k: number): Uint32Array =>
      joined([new Uint32Array(0), ...pieces.map(({ tracks }) => tracks[k]!.ids)]);
    const sideTracks = parts.sideTracks?.map((shape, i) => ({
      ...shape,
      values: joined([new Float32Array(0), ...pieces.map((piece) => piece.sideTracks![i]!.values)]),
    }));
    return {
      tokenSpace,
      startSample: 0,
      sampleCount: clip.channels[0]!.length,
      tracks: Array.from({ length: codebookCount ?? tokenSpace.codebooks.length }, (_, k) => ({ ids: idsOf(k) })),
      ...(sideTracks === undefined ? {} : { sideTracks }),
    };
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    tokenize,
    async tokenizeBatch(clips, options = {}) {
      options.signal?.throwIfAborted();
      // What would fail with any clip is refused now, and not as the fault of the first.
      await open(options);
      return tokenizeOneByOne({ audioFormat, tokenize }, clips, options);
    },
    streaming: { latencySamples, open: (settings = {}) => open(settings) },
    close() {
      released ??= parts.close();
      return released;
    },
  };
}
