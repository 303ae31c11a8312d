import type { PluginManifest } from '@speech-tokens/core';
import { createModelStore } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import plugin from '../src/index.ts';

// Every promise of the contract, on the weights that ship.
defineConformanceTests(
  { test, after: afterAll },
  conformanceOfPlugin(plugin, {
    models: createModelStore(),
    manifest: packageJson.speechTokens as PluginManifest,
  }),
);
