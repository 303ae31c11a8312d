import type { ModelFile } from '../../contract/model-file.ts';
import type { SpeechDetokenizerV1 } from '../../contract/speech-detokenizer.ts';
import type { Component, LoadContext, PluginManifest, SpeechPluginV1 } from '../../contract/speech-plugin.ts';
import type { SpeechTokenizerV1 } from '../../contract/speech-tokenizer.ts';
import { settleListedSpace } from '../../tokens/listed-space.ts';
import { validateTokenSpace } from '../../tokens/validate-token-space.ts';
import { always, type ConformanceCheck, ConformanceFailure } from '../conformance-check.ts';
import { differenceOfSpaces } from '../differences.ts';
import { expectReason, expectSame, expectThat, settle } from '../expectations.ts';

/** What can be seen of a plugin before anything is loaded. */
export interface PluginListing {
  readonly plugin: SpeechPluginV1;
  readonly manifest: PluginManifest | undefined;
}

/** A component of a plugin beside what it loads. */
export interface LoadedComponent {
  readonly component: Exclude<Component, { readonly kind: 'language-model' }>;
  readonly part: SpeechTokenizerV1 | SpeechDetokenizerV1;
  readonly context: LoadContext;
  /** Whether the host has put other files in the place of the component's own. */
  readonly usesOtherCheckpoint: boolean;
}

const kinds: readonly string[] = ['tokenizer', 'detokenizer', 'language-model'] satisfies readonly Component['kind'][];

export const pluginChecks: readonly ConformanceCheck<PluginListing>[] = [
  {
    id: 'plugin/shape',
    title: 'The plugin is plain data of a version that is known, with components that can be loaded',
    appliesTo: always,
    async run({ plugin }) {
      expectThat(
        plugin.specificationVersion === 'v1',
        'The specification version is not one that this kit knows',
        () => ({
          found: String(plugin.specificationVersion),
          wanted: 'v1',
        }),
      );
      expectThat(Array.isArray(plugin.components) && plugin.components.length > 0, 'A plugin needs components', () => ({
        found: String(plugin.components),
        wanted: 'at least one',
      }));
      for (const component of plugin.components) {
        const { kind, id, title } = component;
        expectThat(kinds.includes(kind), `The kind of component ${id} is not known`, () => ({
          found: String(kind),
          wanted: kinds.join(', '),
        }));
        expectThat(typeof title === 'string' && title.trim() !== '', `Component ${id} needs a title`, () => ({
          found: JSON.stringify(title),
          wanted: 'a few words for people',
        }));
        expectThat(typeof component.load === 'function', `Component ${id} cannot be loaded`, () => ({
          found: typeof component.load,
          wanted: 'a function load',
        }));
        if (component.kind !== 'language-model') validateTokenSpace(component.tokenSpace);
      }
    },
  },
  {
    id: 'plugin/component-ids',
    title: 'Component ids read family:name, and no two components of a kind share one',
    appliesTo: always,
    async run({ plugin }) {
      const seen = new Set<string>();
      for (const { kind, id } of plugin.components) {
        expectThat(/^[^\s:]+:\S+$/.test(id), `The id of a ${kind} is not well-formed`, () => ({
          found: JSON.stringify(id),
          wanted: 'family:name without spaces, for example rvq:speech-16khz',
        }));
        expectThat(!seen.has(`${kind} ${id}`), `Two components of a plugin have the same kind and id`, () => ({
          found: `${kind} ${id} twice`,
          wanted: 'an id of its own for each',
        }));
        seen.add(`${kind} ${id}`);
      }
    },
  },
  {
    id: 'plugin/model-files',
    title: 'Model files have names of their own, a licence, and well-formed hashes and sizes',
    appliesTo: always,
    async run({ plugin }) {
      for (const { kind, id, models } of plugin.components) expectGoodModelFiles(`${kind} ${id}`, models);
    },
  },
  {
    id: 'plugin/manifest',
    title: 'The speechTokens field of package.json lists exactly the components of the plugin',
    appliesTo: ({ manifest }) => manifest !== undefined || 'no manifest was given',
    async run({ plugin, manifest }) {
      if (manifest === undefined) return;
      expectThat(
        manifest.specificationVersion === plugin.specificationVersion,
        'The manifest is of another version',
        () => ({
          found: String(manifest.specificationVersion),
          wanted: plugin.specificationVersion,
        }),
      );
      const list = (entries: PluginManifest['provides'] | SpeechPluginV1['components']): string =>
        entries
          .map(({ kind, id, title }) => `${kind} ${id} (${title})`)
          .sort()
          .join('; ');
      const [found, wanted] = [list(manifest.provides), list(plugin.components)];
      expectThat(found === wanted, 'The manifest lists something else than the plugin provides', () => ({
        found,
        wanted,
      }));
    },
  },
];

/** Of components of every kind. */
export const loadAborts: ConformanceCheck<{ readonly component: Component; readonly context: LoadContext }> = {
  id: 'component/load-aborts',
  title: 'Loading with a signal that has already aborted rejects with its reason',
  appliesTo: always,
  async run({ component, context }) {
    const reason = { why: 'the caller changed its mind' };
    const what = `Loading ${component.kind} ${component.id} with a signal that has already aborted`;
    const start = (): Promise<{ close(): Promise<void> }> =>
      component.load({ ...context, signal: AbortSignal.abort(reason) });
    const outcome = await settle(what, start);
    if (outcome.status === 'resolved') await outcome.value.close();
    expectReason(outcome, reason, what);
  },
};

export const componentChecks: readonly ConformanceCheck<LoadedComponent>[] = [
  {
    id: 'component/token-space-as-listed',
    title: 'The token space that is listed is the one that is loaded',
    appliesTo: ({ usesOtherCheckpoint }) =>
      !usesOtherCheckpoint || 'another checkpoint was given, which has a token space of its own',
    async run({ component, part }) {
      expectSame(
        differenceOfSpaces(part.tokenSpace, settleListedSpace(component.tokenSpace, part.tokenSpace.id)),
        `The loaded token space of ${component.kind} ${component.id} is not the listed one`,
      );
    },
  },
  {
    id: 'component/latency-as-listed',
    title: 'The latency that is listed is the one that is loaded',
    appliesTo: ({ usesOtherCheckpoint }) =>
      !usesOtherCheckpoint || 'another checkpoint was given, whose frames may be of another length',
    async run({ component, part }) {
      const [found, wanted] = [part.streaming?.latencySamples, component.latencySamples];
      expectThat(found === wanted, `The latency of ${component.kind} ${component.id} is not the listed one`, () => ({
        found: found === undefined ? 'no streaming side' : `${found} samples`,
        wanted: wanted === undefined ? 'no streaming side' : `${wanted} samples`,
      }));
    },
  },
  loadAborts,
];

function expectGoodModelFiles(owner: string, models: readonly ModelFile[]): void {
  if (!Array.isArray(models)) {
    throw new ConformanceFailure(`${owner} must list its model files`, {
      found: String(models),
      wanted: 'an array, maybe empty',
    });
  }
  const names = new Set<string>();
  for (const { name, sha256, sizeBytes, licence } of models as readonly ModelFile[]) {
    expectThat(
      typeof name === 'string' && name !== '' && !names.has(name),
      `A model file of ${owner} needs a name of its own`,
      () => ({
        found: JSON.stringify(name),
        wanted: 'a name that no other file of the component has',
      }),
    );
    names.add(name);
    expectThat(
      typeof licence === 'string' && licence.trim() !== '',
      `Model file ${name} of ${owner} needs a licence`,
      () => ({
        found: JSON.stringify(licence),
        wanted: 'the licence of the weights',
      }),
    );
    expectThat(
      sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256),
      `The hash of model file ${name} of ${owner} is not well-formed`,
      () => ({
        found: String(sha256),
        wanted: '64 hexadecimal digits in lower case',
      }),
    );
    expectThat(
      sizeBytes === undefined || (Number.isSafeInteger(sizeBytes) && sizeBytes > 0),
      `The size of model file ${name} of ${owner} is not well-formed`,
      () => ({ found: String(sizeBytes), wanted: 'a positive integer' }),
    );
  }
}
