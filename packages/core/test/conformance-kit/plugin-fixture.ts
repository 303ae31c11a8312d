import type {
  DetokenizerComponent,
  ModelStore,
  PluginManifest,
  SpeechPluginV1,
  TokenizerComponent,
} from '../../src/index.ts';
import { createReferenceDetokenizer } from './reference-detokenizer.ts';
import { plainFormat, spaceOf } from './reference-format.ts';
import { createReferenceTokenizer } from './reference-tokenizer.ts';

/** The components need no files. */
export const noModels: ModelStore = {
  resolve: () => Promise.reject(new Error('The reference codec has no model files.')),
};

export interface PluginFixture {
  readonly plugin: SpeechPluginV1;
  readonly manifest: PluginManifest;
}

/** A sound plugin around the reference codec, with changes. */
export function pluginFixture(
  changes: {
    readonly tokenizer?: Partial<TokenizerComponent>;
    readonly detokenizer?: Partial<DetokenizerComponent>;
    readonly plugin?: object;
    readonly manifest?: Partial<PluginManifest>;
  } = {},
): PluginFixture {
  const common = {
    id: 'reference:plain',
    title: 'Reference codec',
    models: [],
    tokenSpace: spaceOf(plainFormat),
    latencySamples: 2 * (plainFormat.hops[0] as number),
  };
  const components = [
    {
      kind: 'tokenizer',
      ...common,
      async load({ signal }) {
        signal?.throwIfAborted();
        return createReferenceTokenizer(plainFormat);
      },
      ...changes.tokenizer,
    } satisfies TokenizerComponent,
    {
      kind: 'detokenizer',
      ...common,
      async load({ signal }) {
        signal?.throwIfAborted();
        return createReferenceDetokenizer(plainFormat);
      },
      ...changes.detokenizer,
    } satisfies DetokenizerComponent,
  ] as const;
  const provides = components.map(({ kind, id, title }) => ({ kind, id, title }));
  return {
    plugin: { specificationVersion: 'v1', components, ...changes.plugin },
    manifest: { specificationVersion: 'v1', provides, ...changes.manifest },
  };
}
