import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { mimiPlugin, tinyCheckpoint } from './codec.ts';

// Every promise of the contract, on the small checkpoint.
defineConformanceTests(
  { test, after: afterAll },
  conformanceOfPlugin(mimiPlugin, { models: modelsIn(tinyCheckpoint), checkpointDirectory: tinyCheckpoint }),
);
