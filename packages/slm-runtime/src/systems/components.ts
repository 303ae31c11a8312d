import type { LanguageModelComponent } from '@speech-tokens/core';
import { csmComponent } from './csm/csm-component.ts';
import { llasaComponent } from './llasa/llasa.ts';
import { moshiComponent } from './moshi/moshi-component.ts';
import { orpheusComponent } from './orpheus/orpheus.ts';
import { outeTtsComponent } from './outetts/outetts.ts';
import { smallComponent } from './small/small-component.ts';

/** The models that a host can load by their ids. */
export const components: readonly LanguageModelComponent[] = [
  smallComponent,
  csmComponent,
  moshiComponent,
  orpheusComponent,
  llasaComponent,
  outeTtsComponent,
];
