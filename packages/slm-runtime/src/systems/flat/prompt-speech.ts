import type { SpeechRequest } from '@speech-tokens/core';
import type { FlatLayout } from '../../layout/flat-layout.ts';
import { flatIds } from '../../layout/flat-writer.ts';
import { invalidRequest } from '../speech-request.ts';

/**
 * A speech prompt of models that read what is said in it: its text, and the ids of its whole frames.
 * @throws SpeechTokensError `argument-invalid` without a text; what `flatIds` throws
 */
export function promptSpeech(
  { grid, text = '' }: NonNullable<SpeechRequest['prompt']>,
  layout: FlatLayout,
): { readonly text: string; readonly ids: Uint32Array } {
  if (text.trim() === '') {
    throw invalidRequest('prompt', 'The model needs to know what is said in the prompt', 'no text', 'its text');
  }
  const ids = flatIds(layout, grid);
  return { text, ids: ids.subarray(0, ids.length - (ids.length % layout.slots.length)) };
}
