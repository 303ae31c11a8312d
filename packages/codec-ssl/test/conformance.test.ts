import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, test } from 'vitest';
import { bundledUnits } from '../src/units/bundled-units.ts';
import { publishedComponent } from '../src/units/published-units.ts';
import { unitsOfFolder } from '../src/units/units-of-folder.ts';
import { bundledModels } from './support/bundled.ts';
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

describe('bundled units', () =>
  defineConformanceTests(
    { test, after: afterAll },
    conformanceOfPlugin(
      { specificationVersion: 'v1', components: bundledUnits.map(publishedComponent) },
      { models: bundledModels() },
    ),
  ));
