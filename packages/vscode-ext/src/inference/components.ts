import {
  type DetokenizerComponent,
  isListedSpaceId,
  isSpeechTokensError,
  type LoadContext,
  needsCheckpoint,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  type TokenizerComponent,
  type TokenSpace,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { type CallContext, RequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { fetchModel, type MayFetch, removeModel, sourceKey } from './fetch-model.ts';
import { checkAllowed, isAllowed, isOurs, type PartKind, readPlugins } from './known-plugins.ts';
import type { Fetched, InferenceSettings, TokenizerChoice, TokenizerList } from './methods.ts';
import { modelFactsOf } from './model-facts.ts';

/** The tokenizers and detokenizers of this process; each model is loaded once, when it is first needed. */
export interface Components {
  list(): Promise<TokenizerList>;
  tokenizer(id: string): Promise<SpeechTokenizerV1>;
  /** @throws RequestError `component-not-found` where nothing that may run reads these tokens */
  detokenizerFor(space: TokenSpace): Promise<SpeechDetokenizerV1>;
  /** Brings the model of a tokenizer here, and that of the detokenizer of its id; `false` where the user did not agree. */
  fetchModel(id: string, mayFetch: MayFetch, context: CallContext<Fetched>): Promise<boolean>;
  /** Takes it away again, but for what others that are here need. @returns bytes */
  removeModel(id: string): Promise<number>;
}

type Part = TokenizerComponent | DetokenizerComponent;

export function createComponents(settings: InferenceSettings): Components {
  // Nothing is fetched but by `fetchModel`.
  const models = createModelStore({ offline: true });
  const known = readPlugins(settings);
  const loaded = new Map<string, Promise<unknown>>();

  const componentOf = async (kind: PartKind, id: string): Promise<Part> => {
    const { registry } = await known;
    checkAllowed(registry, kind, id, settings);
    return (await registry.load(kind, id)).component as Part;
  };
  /** The tokenizer of an id and the detokenizer of the same, as far as there are such that may run. */
  const partsOf = async (id: string): Promise<readonly Part[]> => {
    const { registry } = await known;
    const kinds = (['tokenizer', 'detokenizer'] as const).filter(
      (kind) =>
        registry.entries.some((entry) => entry.kind === kind && entry.id === id) &&
        isAllowed(registry, kind, id, settings),
    );
    return Promise.all(kinds.map((kind) => componentOf(kind, id)));
  };
  /** A folder of the settings is for those of its id that need one; where none does, for all of them. */
  const folderOf = async (kind: PartKind, id: string): Promise<string | undefined> => {
    const folder = settings.checkpoints?.[id];
    if (folder === undefined) return undefined;
    const needing = (await partsOf(id)).filter(needsCheckpoint);
    return needing.length === 0 || needing.some((part) => part.kind === kind) ? folder : undefined;
  };
  const load = (kind: PartKind, id: string): Promise<unknown> => {
    const key = `${kind} ${id}`;
    const before = loaded.get(key);
    if (before !== undefined) return before;
    const loading = (async () => {
      const component = await componentOf(kind, id);
      const folder = await folderOf(kind, id);
      if (folder === undefined && needsCheckpoint(component)) throw needsFolder(id);
      const context: LoadContext = {
        models: folder === undefined ? models : withCheckpointDirectory(models, folder, component.models),
        ...(settings.threadCount === undefined ? {} : { threadCount: settings.threadCount }),
      };
      return component.load(context).catch((error: unknown) => {
        throw isSpeechTokensError(error, 'model-offline') ? notHere(id) : error;
      });
    })();
    loaded.set(key, loading);
    // What failed may succeed later, for example when its model has been fetched.
    loading.catch(() => loaded.delete(key));
    return loading;
  };
  /** What can be fetched for an id: someone's own files cannot. */
  const fetchable = async (id: string) => (await partsOf(id)).filter((part) => !needsCheckpoint(part));
  const list = async (): Promise<readonly TokenizerChoice[]> => {
    const { registry } = await known;
    const entries = registry.entries.filter(({ kind, shadowedBy }) => kind === 'tokenizer' && shadowedBy === undefined);
    return Promise.all(
      entries.map(async ({ id, title, packageName, version, directory }) => {
        const isBundled = isOurs(directory);
        const choice = { id, title, packageName, version, isBundled };
        if (!isBundled) return choice;
        const component = await componentOf('tokenizer', id);
        return { ...choice, model: await modelFactsOf(models, component.models, await folderOf('tokenizer', id)) };
      }),
    );
  };
  return {
    async list() {
      return { tokenizers: await list(), problems: (await known).problems };
    },
    tokenizer: (id) => load('tokenizer', id) as Promise<SpeechTokenizerV1>,
    async detokenizerFor(space) {
      const { registry } = await known;
      for (const { kind, id, shadowedBy } of registry.entries) {
        if (kind !== 'detokenizer' || shadowedBy !== undefined || !isAllowed(registry, kind, id, settings)) continue;
        const component = await componentOf('detokenizer', id);
        if (!isListedSpaceId(space.id, component.tokenSpace.id)) continue;
        if (needsCheckpoint(component) && settings.checkpoints?.[id] === undefined) continue;
        return load('detokenizer', id) as Promise<SpeechDetokenizerV1>;
      }
      throw new RequestError(t('No detokenizer here reads tokens of {0}', space.id), 'component-not-found');
    },
    async fetchModel(id, mayFetch, context) {
      await componentOf('tokenizer', id);
      const files = (await fetchable(id)).flatMap((part) => part.models);
      return fetchModel(id, [...new Map(files.map((file) => [sourceKey(file), file])).values()], mayFetch, context);
    },
    async removeModel(id) {
      const others = (await list()).filter((other) => other.id !== id && other.model?.state === 'here');
      const kept = await Promise.all(others.map((other) => fetchable(other.id)));
      for (const kind of ['tokenizer', 'detokenizer']) loaded.delete(`${kind} ${id}`);
      const files = (parts: readonly Part[]) => parts.flatMap((part) => part.models);
      return removeModel(models, files(await fetchable(id)), files(kept.flat()));
    },
  };
}

function notHere(id: string): RequestError {
  return new RequestError(t('The model of {0} is not on this machine', id), 'model-offline');
}

function needsFolder(id: string): RequestError {
  return new RequestError(
    t('{0} runs with files of your own: name their folder in the setting speechTokens.checkpoints', id),
    'model-missing',
  );
}
