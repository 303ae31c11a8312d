import { describe, expect, it } from 'vitest';
import { conformanceOfPlugin } from '../../src/testing/index.ts';
import { noModels, pluginFixture } from './plugin-fixture.ts';
import { createReferenceDetokenizer } from './reference-detokenizer.ts';
import { plainFormat, spaceOf } from './reference-format.ts';
import { createReferenceTokenizer } from './reference-tokenizer.ts';
import { failuresOf, resultsOf } from './run-kit.ts';

const otherSpace = { ...spaceOf(plainFormat), id: 'another space' };
const model = {
  name: 'model.safetensors',
  source: { type: 'path', path: 'model.safetensors' },
  licence: 'CC0-1.0',
} as const;

const faults: readonly {
  readonly check: string;
  readonly what: string;
  readonly changes: Parameters<typeof pluginFixture>[0];
}[] = [
  {
    check: 'plugin/shape',
    what: 'the plugin is of a version that nobody knows',
    changes: { plugin: { specificationVersion: 'v9' }, manifest: { specificationVersion: 'v9' as 'v1' } },
  },
  { check: 'plugin/shape', what: 'a component has no title', changes: { tokenizer: { title: ' ' } } },
  {
    check: 'plugin/component-ids',
    what: 'an id has no family',
    changes: { tokenizer: { id: 'plain' }, detokenizer: { id: 'plain' } },
  },
  {
    check: 'plugin/model-files',
    what: 'a hash is cut short',
    changes: { tokenizer: { models: [{ ...model, sha256: 'abc' }] } },
  },
  { check: 'plugin/model-files', what: 'a file is listed twice', changes: { detokenizer: { models: [model, model] } } },
  {
    check: 'plugin/manifest',
    what: 'the manifest leaves a component out',
    changes: { manifest: { provides: [{ kind: 'tokenizer', id: 'reference:plain', title: 'Reference codec' }] } },
  },
  {
    check: 'component/token-space-as-listed',
    what: 'another token space is listed',
    changes: { detokenizer: { tokenSpace: otherSpace } },
  },
  {
    check: 'component/latency-as-listed',
    what: 'another latency is listed',
    changes: { tokenizer: { latencySamples: 10 } },
  },
  {
    check: 'component/load-aborts',
    what: 'loading does not look at the signal',
    changes: { tokenizer: { load: async () => createReferenceTokenizer(plainFormat) } },
  },
  {
    check: 'component/load-aborts',
    what: 'loading rejects with an error of its own',
    changes: {
      detokenizer: {
        async load({ signal }) {
          if (signal?.aborted) throw new Error('Aborted.');
          return createReferenceDetokenizer(plainFormat);
        },
      },
    },
  },
];

describe('a broken promise of a plugin', () => {
  it.each(faults)('$check, and no other, fails where $what', async ({ check, changes }) => {
    const { plugin, manifest } = pluginFixture(changes);
    expect(failuresOf(await resultsOf(conformanceOfPlugin(plugin, { models: noModels, manifest })))).toEqual([check]);
  });

  it('has a fault for every check of plugins', async () => {
    const { plugin, manifest } = pluginFixture();
    const results = await resultsOf(conformanceOfPlugin(plugin, { models: noModels, manifest }));
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
    const checks = results.map(({ id }) => id).filter((id) => /^(plugin|component)\//.test(id));
    expect([...new Set(faults.map(({ check }) => check))].sort()).toEqual([...new Set(checks)].sort());
  });
});

it('pairs each tokenizer with the detokenizers of its token space', async () => {
  const { plugin } = pluginFixture();
  const results = await resultsOf(conformanceOfPlugin(plugin, { models: noModels }));
  expect([...new Set(results.map(({ subject }) => subject))]).toEqual([
    'plugin',
    'tokenizer reference:plain',
    'detokenizer reference:plain',
    'tokenizer reference:plain with detokenizer reference:plain',
  ]);
  const foreign = pluginFixture({ detokenizer: { tokenSpace: otherSpace } });
  const apart = await resultsOf(conformanceOfPlugin(foreign.plugin, { models: noModels }));
  expect(apart.filter(({ id }) => id.startsWith('pair/'))).toEqual([]);
});

it('does not compare listed tokens with those of another checkpoint', async () => {
  const { plugin, manifest } = pluginFixture({
    tokenizer: { tokenSpace: otherSpace },
    detokenizer: { tokenSpace: otherSpace },
  });
  const subject = conformanceOfPlugin(plugin, { models: noModels, manifest, checkpointDirectory: 'fine-tuned' });
  const results = await resultsOf(subject);
  expect(failuresOf(results)).toEqual([]);
  expect(results.filter(({ status }) => status === 'skipped').map(({ id }) => id)).toEqual([
    'component/token-space-as-listed',
    'component/latency-as-listed',
    'component/token-space-as-listed',
    'component/latency-as-listed',
  ]);
});
