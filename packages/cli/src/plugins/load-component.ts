import { resolve } from 'node:path';
import type {
  CallOptions,
  LoadContext,
  ModelFile,
  ModelStore,
  SpeechDetokenizerV1,
  SpeechLanguageModelV0,
  SpeechTokenizerV1,
} from '@speech-tokens/core';
import {
  type ComponentRegistry,
  createModelStore,
  type NodeModelStore,
  withCheckpointDirectory,
} from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';
import { createConsent } from './consent.ts';

/** Options of every command that loads a model. */
export interface ModelOptions {
  /** Folder whose files stand in for the component's own. */
  readonly checkpoint?: string;
  readonly threads?: number;
  /** Agree to downloads without being asked. */
  readonly yes?: boolean;
  /** Never touch the network. */
  readonly offline?: boolean;
}

export interface Loaded<Part> {
  readonly id: string;
  readonly part: Part;
  readonly packageName: string;
}

export function createCliModelStore(context: CliContext, options: ModelOptions): NodeModelStore {
  return createModelStore({
    environment: context.env,
    consent: createConsent(context, options.yes === true),
    ...(options.offline === true ? { offline: true } : {}),
  });
}

/** @throws SpeechTokensError `component-not-found` with the nearest ids, or what loading throws */
export async function loadTokenizer(
  context: CliContext,
  registry: ComponentRegistry,
  id: string,
  options: ModelOptions,
): Promise<Loaded<SpeechTokenizerV1>> {
  const { component, plugin } = await registry.load('tokenizer', id, { signal: context.signal });
  const part = await component.load(loadContextFor(context, component.models, options));
  return { id, part, packageName: plugin.packageName };
}

/** @throws as `loadTokenizer` */
export async function loadDetokenizer(
  context: CliContext,
  registry: ComponentRegistry,
  id: string,
  options: ModelOptions,
): Promise<Loaded<SpeechDetokenizerV1>> {
  const { component, plugin } = await registry.load('detokenizer', id, { signal: context.signal });
  const part = await component.load(loadContextFor(context, component.models, options));
  return { id, part, packageName: plugin.packageName };
}

export interface LanguageModelOptions extends ModelOptions {
  readonly weightBits?: 4 | 8;
}

/** @throws as `loadTokenizer` */
export async function loadLanguageModel(
  context: CliContext,
  registry: ComponentRegistry,
  id: string,
  { weightBits, ...options }: LanguageModelOptions,
  onProgress: NonNullable<CallOptions['onProgress']>,
): Promise<Loaded<SpeechLanguageModelV0>> {
  const { component, plugin } = await registry.load('language-model', id, { signal: context.signal });
  const part = await component.load({
    ...loadContextFor(context, component.models, options),
    ...(weightBits === undefined ? {} : { weightBits }),
    onProgress,
  });
  return { id, part, packageName: plugin.packageName };
}

function loadContextFor(context: CliContext, models: readonly ModelFile[], options: ModelOptions): LoadContext {
  return {
    models: createModels(context, models, options),
    signal: context.signal,
    ...(options.threads === undefined ? {} : { threadCount: options.threads }),
  };
}

/** The store of this machine; with `--checkpoint` its files stand in for those of `models`. */
export function createModels(context: CliContext, models: readonly ModelFile[], options: ModelOptions): ModelStore {
  const store = createCliModelStore(context, options);
  if (options.checkpoint === undefined) return store;
  return withCheckpointDirectory(store, resolve(context.cwd, options.checkpoint), models);
}
