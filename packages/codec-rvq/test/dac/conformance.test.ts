import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { dacNames, dacPlugin, tinyCheckpoint } from './codecs.ts';

// Every promise of the contract, on the small checkpoints.
for (const name of dacNames) {
  describe(name, () => {
    const components = dacPlugin.components.filter(({ id }) => id === `rvq:${name}`);
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
