import type { SpeechPluginV1 } from '@speech-tokens/core';
import { familyComponents } from '../../src/family/codec-family.ts';
import { mimiFamily } from '../../src/mimi/mimi-family.ts';
import * as codecs from '../support/codec.ts';

export type { Codec } from '../support/codec.ts';

/** The family alone, as a plugin. */
export const mimiPlugin: SpeechPluginV1 = { specificationVersion: 'v1', components: familyComponents(mimiFamily) };

/**
 * A small checkpoint with random weights, made by tools/reference: frames of 48 samples, 6 codebooks of 64, a window of 10
 * positions.
 */
export const tinyCheckpoint: string = codecs.tinyCheckpoint('mimi');

export function loadCodec(directory: string): Promise<codecs.Codec> {
  return codecs.loadBothSides(mimiPlugin, 'rvq:mimi', directory);
}
