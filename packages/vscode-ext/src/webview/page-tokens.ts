import {
  type DocumentFacts,
  decodedCodebooks,
  differenceOf,
  type EditorState,
  isLong,
  ownTokens,
  type SoundChoice,
  type TokensFound,
  tokenizerOf,
} from '../document/index.ts';
import type { Decoded, TokenizerId } from '../inference/index.ts';
import { isRequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { createComingTokens, type TokensSoFar } from './coming-tokens.ts';
import type { Host } from './host-port.ts';
import { decodedStream } from './long-sounds.ts';
import type { Sounds } from './sounds.ts';
import { cancelled, type TaskContext, type Tasks } from './tasks.ts';

/** Tokens of longer recordings are decoded when somebody wants to hear them, and not before. */
const mostEagerSeconds = 120;

export interface PageTokensOptions {
  readonly fileName: string;
  readonly peer: Host['peer'];
  readonly tasks: Tasks;
  /** Where what is decoded goes. */
  readonly sounds: Sounds;
  facts(): DocumentFacts | undefined;
  state(): EditorState;
  /** Lanes that are there have grown. */
  onMore(): void;
  /** There are lanes where there were none, or no more will come. */
  onLanes(): void;
  /** There are other tokens or sounds. */
  onChange(): void;
}

/** What some tokens decode to, beside the sound. */
type DecodedTokens = Omit<Decoded, 'sound'> & { readonly codebookCount: number };

/** The tokens of a page, what they decode to, and the work that makes both. */
export interface PageTokens {
  /** Of the tokenizers that are chosen, or of the document itself, in the order of the lanes. */
  ids(): readonly SoundChoice[];
  get(id: string): TokensFound | undefined;
  decoded(id: string): DecodedTokens | undefined;
  /** Those that lanes show, also of runs that go on. */
  inView(): readonly (readonly [id: string, TokensFound | TokensSoFar])[];
  /** Those that can be worked with: all of them, or the first ones, where a run was cancelled. */
  shown(): readonly (readonly [id: string, TokensFound])[];
  /** Those that can be heard. */
  decodableIds(): readonly string[];
  /** Makes those that are not there. */
  make(): Promise<void>;
  /** Decodes tokens with as many codebooks as are wanted, unless that has been done. */
  decode(id: string): Promise<void>;
  /** With other codebooks, or with the difference: what is heard first. */
  decodeAgain(): Promise<void>;
  /** Brings a model here, if the user agrees, and goes on. */
  fetchModel(id: string, then: () => void): Promise<void>;
  /** Forgets what is not chosen any more; the process keeps its tokens. @param known ids of all tokenizers */
  keepChosen(known: readonly string[]): void;
  letGo(id: string): void;
  /** The process that held them has ended. What is whole can be made again there; the first ones of a run cannot. */
  letGoPartial(): void;
  clear(): void;
}

export function createPageTokens(options: PageTokensOptions): PageTokens {
  const { fileName, peer, tasks, sounds, facts, state, onLanes, onChange } = options;
  const found = new Map<string, TokensFound>();
  const coming = createComingTokens(options.onMore);
  const decoded = new Map<string, DecodedTokens>();

  const ids = (): readonly SoundChoice[] => (facts()?.kind === 'tokens' ? [ownTokens] : state().tokenizers);
  const isLongNow = (): boolean => {
    const known = facts();
    return known !== undefined && isLong(known);
  };
  const shown: PageTokens['shown'] = () =>
    ids().flatMap((id) => {
      const tokens = found.get(id);
      return tokens === undefined ? [] : [[id, tokens] as const];
    });
  const tokensTask = (id: string): string => t('Tokens of {0}', id === ownTokens ? fileName : id);
  const forgetSounds = (id: string): void => {
    tasks.drop(t('Decoding {0}', found.get(id)?.title ?? id));
    decoded.delete(id);
    sounds.set(id, undefined);
    sounds.set(differenceOf(id), undefined);
  };
  const letGo = (id: string): void => {
    tasks.drop(tokensTask(id));
    forgetSounds(id);
    found.delete(id);
  };

  /** What the process has of some tokens comes in parts, and then as a whole. */
  const follow = async <Result extends TokensFound | null>(
    method: 'tokenize' | 'partialTokens',
    id: string,
    { signal, onProgress }: Pick<TaskContext, 'signal' | 'onProgress'>,
  ): Promise<void> => {
    const result = await coming.follow(
      id,
      signal,
      onLanes,
      (onPart) =>
        peer.request(
          method,
          { tokenizer: tokenizerIdOf(id) },
          {
            signal,
            onProgress(done) {
              onProgress(done);
              if (done.part !== undefined && ids().includes(id)) onPart(done.part);
            },
          },
        ) as Promise<Result>,
    );
    if (result === null || !ids().includes(id)) return;
    const lanes = coming.take(id);
    if (found.has(id)) forgetSounds(id);
    found.set(id, result.lanes.length > 0 ? result : { ...result, lanes });
    onChange();
    const known = facts();
    const isShort = known !== undefined && known.sampleCount <= mostEagerSeconds * known.sampleRateHz;
    if (isShort || tokenizerOf(state().sound) === id) void decode(id);
  };
  const makeOne = async (id: string): Promise<void> => {
    const work = async (context: TaskContext): Promise<void> => {
      try {
        await follow('tokenize', id, context);
      } catch (error) {
        // What came until then can be heard and exported too.
        if (error === cancelled) {
          await follow('partialTokens', id, { ...context, signal: new AbortController().signal });
        }
        throw error;
      }
    };
    const name = tokensTask(id);
    await tasks.run(name, work, (error) => {
      if (!isRequestError(error, 'model-offline')) return undefined;
      return { label: t('Download its model …'), act: () => void fetchModel(id, () => void tasks.run(name, work)) };
    });
  };
  const fetchModel: PageTokens['fetchModel'] = async (id, then) => {
    await tasks.run(t('Model of {0}', id), async ({ signal, onBytes }) => {
      if (await peer.request('fetchModel', { tokenizer: id }, { signal, onProgress: onBytes })) then();
    });
  };
  const decode = async (id: string): Promise<void> => {
    const tokens = found.get(id);
    if (tokens === undefined || tokens.notDecodable !== undefined) return;
    const codebookCount = decodedCodebooks(state(), tokens);
    const withDifference = state().showsDifference && facts()?.kind === 'recording' && !isLongNow();
    const before = decoded.get(id);
    const isThere = before?.codebookCount === codebookCount && (before.difference !== undefined || !withDifference);
    if (isThere) return;
    await tasks.run(t('Decoding {0}', tokens.title), async ({ signal, onProgress }) => {
      const tokenizer = tokenizerIdOf(id);
      if (isLongNow()) {
        const sound = await decodedStream(peer, { tokenizer, codebookCount }, { signal, onProgress });
        if (found.get(id) !== tokens) return;
        decoded.set(id, { codebookCount, figures: [] });
        sounds.set(id, sound);
      } else {
        const wanted = { tokenizer, codebookCount, withDifference };
        const { sound, ...result } = await peer.request('decode', wanted, { signal, onProgress });
        if (found.get(id) !== tokens) return;
        decoded.set(id, { ...result, codebookCount });
        sounds.set(id, sound);
        sounds.set(differenceOf(id), result.difference?.sound);
      }
      onChange();
    });
  };
  return {
    ids,
    get: (id) => found.get(id),
    decoded: (id) => decoded.get(id),
    inView() {
      const rate = facts()?.sampleRateHz;
      return ids().flatMap((id) => {
        // A run that goes on shows more than one that was cancelled.
        const tokens = (rate === undefined ? undefined : coming.get(id, rate)) ?? found.get(id);
        return tokens === undefined ? [] : [[id, tokens] as const];
      });
    },
    shown,
    decodableIds: () =>
      shown()
        .filter(([, { notDecodable }]) => notDecodable === undefined)
        .map(([id]) => id),
    async make() {
      for (const id of ids()) if (!found.has(id)) await makeOne(id);
    },
    decode,
    async decodeAgain() {
      const all = shown().map(([id]) => id);
      for (const id of all.filter((one) => one === tokenizerOf(state().sound))) await decode(id);
      for (const id of all.filter((one) => decoded.has(one))) await decode(id);
    },
    fetchModel,
    keepChosen(known) {
      for (const id of [...found.keys()]) if (!ids().includes(id)) letGo(id);
      for (const id of known) if (!ids().includes(id)) tasks.drop(tokensTask(id));
    },
    letGo,
    letGoPartial() {
      for (const [id, { endSample }] of [...found]) {
        if (endSample === undefined) continue;
        forgetSounds(id);
        found.delete(id);
      }
    },
    clear() {
      for (const id of [...found.keys()]) letGo(id);
      coming.clear();
    },
  };
}

/** As the process knows it. */
function tokenizerIdOf(id: string): TokenizerId {
  return id === ownTokens ? null : id;
}
