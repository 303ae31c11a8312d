import type { AudioClip, AudioFormat, PcmChunk } from '../audio/audio-clip.ts';
import { detokenizeOneByOne } from '../batches/detokenize-one-by-one.ts';
import type { DetokenizeOptions, DetokenizerSettings, SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { SessionState } from '../contract/streaming.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { createStreamSession, type StreamMachine } from './create-stream-session.ts';
import { joined } from './joined.ts';
import { checkCodebookCount } from './stream-rules.ts';

export interface StreamDetokenizerParts {
  readonly tokenSpace: TokenSpace;
  /** At the rate of the token space. */
  readonly audioFormat: AudioFormat;
  readonly latencySamples: number;
  /** A new stream; `codebookCount` is in range where it is given. */
  openStream(settings: DetokenizerSettings): DetokenizerStream;
  /** Frees what streams run on. Called once. */
  close(): Promise<void>;
}

export interface DetokenizerStream {
  readonly machine: StreamMachine<TokenGrid, PcmChunk>;
  /**
   * What the stream is conditioned on, in words: a saved state continues only with the same. Absent where it takes no
   * conditioning; a call that gives some is then refused.
   */
  readonly conditionedOn?: string;
}

/** The mirror of `createStreamTokenizer`: whole grids go the way of streams, and so do the grids of a batch. */
export function createStreamDetokenizer(parts: StreamDetokenizerParts): SpeechDetokenizerV1 {
  const { tokenSpace, audioFormat, latencySamples } = parts;
  let released: Promise<void> | undefined;
  const open = (settings: DetokenizerSettings & { readonly state?: SessionState }) => {
    const { codebookCount, state } = settings;
    checkCodebookCount(codebookCount, tokenSpace.codebooks.length);
    const { machine, conditionedOn } = parts.openStream(settings);
    if (conditionedOn === undefined) refuseConditioning(settings.conditioning, tokenSpace.id);
    const condition = conditionedOn === undefined ? '' : `, ${conditionedOn}`;
    return createStreamSession(machine, {
      writtenBy: `detokenizer ${tokenSpace.id} with ${codebookCount ?? 'all'} codebooks${condition}`,
      formatVersion: 1,
      state,
      isClosed: () => released !== undefined,
    });
  };
  const detokenize = async (
    grid: TokenGrid,
    { codebookCount, conditioning, ...options }: DetokenizeOptions = {},
  ): Promise<AudioClip> => {
    options.signal?.throwIfAborted();
    const session = open({
      ...(codebookCount === undefined ? {} : { codebookCount }),
      ...(conditioning === undefined ? {} : { conditioning }),
    });
    const chunks = [...(await session.push(grid, options)), ...(await session.flush(options))];
    return {
      sampleRateHz: audioFormat.sampleRateHz,
      channels: Array.from({ length: audioFormat.channelCount }, (_, channel) =>
        joined([new Float32Array(0), ...chunks.map(({ channels }) => channels[channel]!)]),
      ),
    };
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    detokenize,
    async detokenizeBatch(grids, options = {}) {
      options.signal?.throwIfAborted();
      open(options);
      return detokenizeOneByOne({ tokenSpace, detokenize }, grids, options);
    },
    streaming: { latencySamples, open: async (settings = {}) => open(settings) },
    close() {
      released ??= parts.close();
      return released;
    },
  };
}

function refuseConditioning(conditioning: DetokenizerSettings['conditioning'] = {}, spaceId: string): void {
  const [name] = Object.keys(conditioning);
  if (name === undefined) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: `The detokenizer of ${spaceId} takes no conditioning`,
    found: name,
    wanted: 'none',
    remedy: 'Leave it out: this model has one voice, or takes it from the tokens',
    details: { argument: `conditioning.${name}` },
  });
}
