import type { LanguageModelComponent } from '@speech-tokens/core';
import { llasaComponent } from './llasa/llasa.ts';
import { orpheusComponent } from './orpheus/orpheus.ts';
import { outeTtsComponent } from './outetts/outetts.ts';

/** The models that a host can load by their ids. */
export const components: readonly LanguageModelComponent[] = [orpheusComponent, llasaComponent, outeTtsComponent];
