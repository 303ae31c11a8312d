import type { SpeechPluginV1 } from '@speech-tokens/core';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, test } from 'vitest';
import { tinyCheckpoint } from './codec.ts';
import { modelsIn } from './local-models.ts';

/** Every promise of the contract, of the components `rvq:NAME`, on their small checkpoints. */
export function testConformance(plugin: SpeechPluginV1, names: readonly string[]): void {
  for (const name of names) {
    describe(name, () => {
      const components = plugin.components.filter(({ id }) => id === `rvq:${name}`);
      const directory = tinyCheckpoint(name);
      defineConformanceTests(
        { test, after: afterAll },
        conformanceOfPlugin({ ...plugin, components }, { models: modelsIn(directory), checkpointDirectory: directory }),
      );
    });
  }
}
