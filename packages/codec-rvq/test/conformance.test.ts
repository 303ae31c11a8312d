import { createModelStore } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { familyComponents } from '../src/family/codec-family.ts';
import plugin from '../src/index.ts';
import { speechCodecFamily } from '../src/speech-codec/speech-codec-family.ts';

// Every promise of the contract, on the weights that ship. The other families are tested on checkpoints of their own.
defineConformanceTests(
  { test, after: afterAll },
  conformanceOfPlugin({ ...plugin, components: familyComponents(speechCodecFamily) }, { models: createModelStore() }),
);

test('package.json lists exactly the components of the plugin', () => {
  const { specificationVersion, provides } = packageJson.speechTokens;
  expect(specificationVersion).toBe(plugin.specificationVersion);
  expect(provides).toEqual(plugin.components.map(({ kind, id, title }) => ({ kind, id, title })));
});
