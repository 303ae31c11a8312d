import type { AudioClip, PcmChunk } from '../audio/audio-clip.ts';
import type { SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { SpeechLanguageModelV0 } from '../contract/speech-language-model.ts';
import type { LoadContext } from '../contract/speech-plugin.ts';
import type { SpeechTokenizerV1 } from '../contract/speech-tokenizer.ts';
import type { ErrorCode } from '../errors/error-details.ts';
import { createRandom, type SeededRandom } from '../random/seeded-random.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import { batchChecks } from './checks/batch-checks.ts';
import { callControlChecks } from './checks/call-control.ts';
import { callResultChecks } from './checks/call-results.ts';
import { badGrids, detokenizerChecks } from './checks/detokenizer-checks.ts';
import { languageModelChecks } from './checks/language-model-checks.ts';
import { languageModelSessionChecks } from './checks/language-model-sessions.ts';
import { type PairSide, pairChecks } from './checks/pair-checks.ts';
import { componentChecks, type LoadedComponent, loadAborts, pluginChecks } from './checks/plugin-checks.ts';
import { streamControlChecks } from './checks/stream-control.ts';
import { streamLatencyChecks } from './checks/stream-latency.ts';
import { streamResultChecks } from './checks/stream-results.ts';
import { streamStateChecks } from './checks/stream-state.ts';
import { badClips, tokenizerChecks } from './checks/tokenizer-checks.ts';
import type { ConformanceCheck } from './conformance-check.ts';
import { createDetokenizerSide, type DetokenizerSide, type MakeGrid } from './detokenizer-side.ts';
import { createLanguageModelSide, type LanguageModelSide, type MakeRows } from './language-model-side.ts';
import { createLoader, type Loader } from './loader.ts';
import type { ConformanceSubject, PluginSubject } from './subject.ts';
import { makeMixedClip } from './test-audio.ts';
import { createTokenizerSide, type TokenizerSide } from './tokenizer-side.ts';

/** One check of one subject, ready to run. */
export interface PlannedCheck {
  /** Whom it is about, for example `tokenizer rvq:speech-16khz`. */
  readonly subject: string;
  readonly id: string;
  readonly title: string;
  /** Resolves to `true` when the check has passed, or to why it was skipped; rejects when it has failed. */
  run(): Promise<true | string>;
  /** Gives up an instance that does not answer any more; the next check gets a new one. */
  abandon(): void;
}

/** Everything that there is to check of a subject, in order, and the way to free what it loaded. */
export interface ConformancePlan {
  readonly checks: readonly PlannedCheck[];
  close(): Promise<void>;
}

/** What is checked of a tokenizer, in order; of a detokenizer, its mirror. */
const tokenizerPlan: readonly ConformanceCheck<TokenizerSide>[] = [
  ...tokenizerChecks,
  ...callResultChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer'),
  ...callControlChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer'),
  ...batchChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer', refusedClips),
  ...streamResultChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer'),
  ...streamLatencyChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer'),
  ...streamStateChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer'),
  ...streamControlChecks<AudioClip, TokenGrid, PcmChunk, TokenGrid>('tokenizer', refusedChunks),
];

const detokenizerPlan: readonly ConformanceCheck<DetokenizerSide>[] = [
  ...detokenizerChecks,
  ...callResultChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer'),
  ...callControlChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer'),
  ...batchChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer', refusedGrids),
  ...streamResultChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer'),
  ...streamLatencyChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer'),
  ...streamStateChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer'),
  ...streamControlChecks<TokenGrid, AudioClip, TokenGrid, PcmChunk>('detokenizer', refusedGrids),
];

const languageModelPlan: readonly ConformanceCheck<LanguageModelSide>[] = [
  ...languageModelChecks,
  ...languageModelSessionChecks,
];

/** Plans the checks of a subject. Nothing is loaded before the first of them runs. */
export function planConformance(subject: ConformanceSubject, seed: string | number): ConformancePlan {
  const random = createRandom(seed);
  const plan = (parts: readonly ConformancePlan[]): ConformancePlan => ({
    checks: parts.flatMap(({ checks }) => checks),
    close: async () => {
      for (const part of parts) await part.close();
    },
  });
  switch (subject.kind) {
    case 'tokenizer': {
      const loader = tokenizerLoader(() => subject.load(), random, subject.clips);
      return plan([planPart('tokenizer', 'tokenizer/loads', loader, tokenizerPlan, random)]);
    }
    case 'detokenizer': {
      const { makeGrid } = subject;
      const loader = detokenizerLoader(
        () => subject.load(),
        random,
        async () => makeGrid,
      );
      return plan([planPart('detokenizer', 'detokenizer/loads', loader, detokenizerPlan, random)]);
    }
    case 'pair': {
      const tokenizer = tokenizerLoader(() => subject.loadTokenizer(), random, subject.clips);
      const detokenizer = detokenizerLoader(() => subject.loadDetokenizer(), random, gridsOf(tokenizer, random));
      return plan([
        planPart('tokenizer', 'tokenizer/loads', tokenizer, tokenizerPlan, random),
        planPart('detokenizer', 'detokenizer/loads', detokenizer, detokenizerPlan, random),
        planPair('pair', tokenizer, detokenizer, random),
      ]);
    }
    case 'language-model': {
      const loader = languageModelLoader(() => subject.load(), random, subject.makeRows);
      return plan([planPart('language-model', 'language-model/loads', loader, languageModelPlan, random)]);
    }
    case 'plugin':
      return plan(planPlugin(subject, random));
  }
}

function planPlugin(subject: PluginSubject, random: SeededRandom): readonly ConformancePlan[] {
  const { plugin, manifest } = subject;
  const context = contextOf(subject);
  const listing = createLoader(async () => ({ plugin, manifest }), keepOpen);
  const plans = [planPart('plugin', undefined, listing, pluginChecks, random)];

  // What is wrong with a list of components is for the checks above to say.
  const components = Array.isArray(plugin.components) ? plugin.components : [];
  const tokenizers: { readonly id: string; readonly spaceId: string; readonly loader: Loader<TokenizerSide> }[] = [];
  for (const component of components) {
    if (component.kind !== 'tokenizer') continue;
    const loader = tokenizerLoader(() => component.load(context), random);
    const name = `tokenizer ${component.id}`;
    plans.push(planPart(name, 'tokenizer/loads', loader, tokenizerPlan, random));
    plans.push(planPart(name, undefined, listedLoader(component, loader, subject), componentChecks, random));
    tokenizers.push({ id: component.id, spaceId: component.tokenSpace?.id, loader });
  }
  for (const component of components) {
    if (component.kind !== 'detokenizer') continue;
    const partners = tokenizers.filter(({ spaceId }) => spaceId === component.tokenSpace?.id);
    const makeGrid = partners[0] && gridsOf(partners[0].loader, random);
    const loader = detokenizerLoader(() => component.load(context), random, makeGrid);
    const name = `detokenizer ${component.id}`;
    plans.push(planPart(name, 'detokenizer/loads', loader, detokenizerPlan, random));
    plans.push(planPart(name, undefined, listedLoader(component, loader, subject), componentChecks, random));
    for (const { id, loader: tokenizer } of partners) {
      plans.push(planPair(`tokenizer ${id} with detokenizer ${component.id}`, tokenizer, loader, random));
    }
  }
  for (const component of components) {
    if (component.kind !== 'language-model') continue;
    const loader = languageModelLoader(() => component.load(context), random);
    const name = `language-model ${component.id}`;
    plans.push(planPart(name, 'language-model/loads', loader, languageModelPlan, random));
    const listed = createLoader(async () => ({ component, context }), keepOpen);
    plans.push(planPart(name, undefined, listed, [loadAborts], random));
  }
  return plans;
}

function contextOf({ models, threadCount }: PluginSubject): LoadContext {
  return { models, ...(threadCount === undefined ? {} : { threadCount }) };
}

/** A component beside what its loader gives. */
function listedLoader(
  component: LoadedComponent['component'],
  loader: Loader<TokenizerSide> | Loader<DetokenizerSide>,
  subject: PluginSubject,
): Loader<LoadedComponent> {
  const usesOtherCheckpoint = subject.checkpointDirectory !== undefined;
  const load = async (): Promise<LoadedComponent> => {
    const { part } = await loader.get();
    return { component, part, context: contextOf(subject), usesOtherCheckpoint };
  };
  return createLoader(load, keepOpen);
}

/** Nothing to free: what was loaded belongs to another loader. */
async function keepOpen(): Promise<void> {}

function planPair(
  subject: string,
  tokenizer: Loader<TokenizerSide>,
  detokenizer: Loader<DetokenizerSide>,
  random: SeededRandom,
): ConformancePlan {
  const both = async (): Promise<PairSide> => ({
    tokenizer: await tokenizer.get(),
    detokenizer: await detokenizer.get(),
  });
  const drop = async (): Promise<void> => {
    await tokenizer.drop();
    await detokenizer.drop();
  };
  return planPart(subject, undefined, createLoader(both, drop), pairChecks, random);
}

/**
 * The checks of one subject over one instance, which is loaded for the first of them. The first check is that it
 * loads (`loadsId`); where it does not, the others have nothing to check.
 */
function planPart<Subject>(
  subject: string,
  loadsId: string | undefined,
  loader: Loader<Subject>,
  checks: readonly ConformanceCheck<Subject>[],
  random: SeededRandom,
): ConformancePlan {
  const abandon = (): void => void loader.drop();
  const loads: PlannedCheck = {
    subject,
    abandon,
    id: loadsId ?? '',
    title: 'It loads',
    async run() {
      await loader.get();
      return true;
    },
  };
  const planned = checks.map(
    ({ id, title, appliesTo, run }): PlannedCheck => ({
      subject,
      id,
      title,
      abandon,
      async run() {
        let loaded: Subject;
        try {
          loaded = await loader.get();
        } catch {
          return 'it could not be loaded';
        }
        try {
          const applies = await appliesTo(loaded);
          if (applies !== true) return applies;
          await run(loaded, { random: random.fork(`check ${id}`) });
          return true;
        } catch (error) {
          // What has failed once may be out of order: the next check gets a new one.
          await loader.drop();
          throw error;
        } finally {
          await loader.closeOthers();
        }
      },
    }),
  );
  return { checks: loadsId === undefined ? planned : [loads, ...planned], close: () => loader.drop() };
}

function tokenizerLoader(
  load: () => Promise<SpeechTokenizerV1>,
  random: SeededRandom,
  clips: readonly AudioClip[] = [],
): Loader<TokenizerSide> {
  const loader: Loader<TokenizerSide> = createLoader(
    async () => createTokenizerSide(await load(), { random, clips, another: () => loader.another() }),
    ({ part }) => part.close(),
  );
  return loader;
}

function detokenizerLoader(
  load: () => Promise<SpeechDetokenizerV1>,
  random: SeededRandom,
  findMakeGrid: () => Promise<MakeGrid | undefined> = async () => undefined,
): Loader<DetokenizerSide> {
  const loader: Loader<DetokenizerSide> = createLoader(
    async () => {
      const makeGrid = await findMakeGrid();
      return createDetokenizerSide(await load(), { random, makeGrid, another: () => loader.another() });
    },
    ({ part }) => part.close(),
  );
  return loader;
}

function languageModelLoader(
  load: () => Promise<SpeechLanguageModelV0>,
  random: SeededRandom,
  makeRows?: MakeRows,
): Loader<LanguageModelSide> {
  const loader: Loader<LanguageModelSide> = createLoader(
    async () => createLanguageModelSide(await load(), { random, makeRows, another: () => loader.another() }),
    ({ model }) => model.close(),
  );
  return loader;
}

/**
 * Grids for the detokenizer of a pair. Ids at random try more than what a tokenizer happens to give, so they are
 * preferred; where grids carry more than ids, only the tokenizer knows what.
 */
function gridsOf(tokenizer: Loader<TokenizerSide>, random: SeededRandom): () => Promise<MakeGrid | undefined> {
  return async () => {
    try {
      const side = await tokenizer.get();
      const example = await side.call(await side.makeInput(side.lengths.medium, 'example of a grid'));
      if (example.sideTracks === undefined) return undefined;
      return async (sampleCount, label) => {
        const clip = makeMixedClip(side.part.audioFormat, sampleCount, random.fork(label));
        return (await tokenizer.get()).call(clip);
      };
    } catch {
      // A tokenizer that does not work fails in its own checks; the detokenizer is checked all the same.
      return undefined;
    }
  };
}

function refusedClips(clip: AudioClip): readonly (readonly [string, ErrorCode, AudioClip])[] {
  return badClips(clip).map(([what, bad]) => [what, 'audio-format', bad]);
}

function refusedChunks(chunk: PcmChunk): readonly (readonly [string, ErrorCode, PcmChunk])[] {
  const { startSample } = chunk;
  return refusedClips(chunk).map(([what, code, bad]) => [what, code, { ...bad, startSample }]);
}

function refusedGrids(grid: TokenGrid): readonly (readonly [string, ErrorCode, TokenGrid])[] {
  const foreign = { ...grid, tokenSpace: { ...grid.tokenSpace, id: `${grid.tokenSpace.id} of another make` } };
  return [
    ...badGrids(grid).map(([what, bad]): readonly [string, ErrorCode, TokenGrid] => [what, 'token-grid-invalid', bad]),
    ['a grid of another token space', 'token-space-mismatch', foreign],
  ];
}
