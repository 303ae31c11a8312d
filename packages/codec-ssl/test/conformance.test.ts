import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, test } from 'vitest';
import { unitsOfFolder } from '../src/units/units-of-folder.ts';
import { modelsIn, unitsFolder } from './support/units.ts';

// Every promise of the contract, on small checkpoints of each kind of structure.
for (const encoder of ['hubert-base', 'wavlm-large', 'data2vec-base']) {
  const directory = await unitsFolder(encoder);
  describe(encoder, () =>
    defineConformanceTests(
      { test, after: afterAll },
      conformanceOfPlugin(
        { specificationVersion: 'v1', components: [unitsOfFolder] },
        { models: modelsIn(directory), checkpointDirectory: directory },
      ),
    ),
  );
}
