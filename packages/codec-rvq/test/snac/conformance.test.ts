import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { snacPlugin, tinyCheckpoint } from './codecs.ts';

// Every promise of the contract, on the small checkpoints: without attention, and with blocks longer than a frame.
for (const name of ['snac-24khz', 'snac-44khz']) {
  describe(name, () => {
    const components = snacPlugin.components.filter(({ id }) => id === `rvq:${name}`);
    const directory = tinyCheckpoint(name);
    defineConformanceTests(
      { test, after: afterAll },
      conformanceOfPlugin(
        { specificationVersion: 'v1', components },
        { models: modelsIn(directory), checkpointDirectory: directory },
      ),
    );
  });
}
