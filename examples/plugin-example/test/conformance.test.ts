import type { PluginManifest } from '@speech-tokens/core';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import plugin from '../src/index.ts';

// One test for each promise of the contract.
defineConformanceTests(
  { test, after: afterAll },
  conformanceOfPlugin(plugin, {
    // A plugin with weights gives a model store here: `createModelStore()` of `@speech-tokens/core/node`.
    models: { resolve: ({ name }) => Promise.reject(new Error(`There is no model file ${name}.`)) },
    manifest: packageJson.speechTokens as PluginManifest,
  }),
);
