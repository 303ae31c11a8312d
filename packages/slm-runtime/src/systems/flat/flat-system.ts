import type { FlattenSlot, SpeechRequest, TokenSpace } from '@speech-tokens/core';
import type { FlatLayout } from '../../layout/flat-layout.ts';
import type { SamplerOptions } from '../../sampler/sampler-options.ts';
import type { RequestTerms } from '../speech-request.ts';

/** What the authors of a model over one sequence of ids laid down: the rest is the same for all of them. */
export interface FlatSystem extends RequestTerms {
  readonly codecShape: NonNullable<RequestTerms['codecShape']>;
  /** How the authors choose. A repetition penalty sees the prompt too, as theirs do. */
  readonly sampling: Pick<SamplerOptions, 'temperature' | 'topK' | 'topP' | 'minP' | 'repetitionPenalty'>;
  /** Ids that end what is said. None is speech. */
  readonly endIds: readonly number[];
  /** Where codes stand in the vocabulary, see `FlatLayout`. */
  slots(space: TokenSpace): readonly FlattenSlot[];
  /**
   * What the model goes on from.
   * @param request one that was checked: it has what `takes` needs, and nothing that it refuses
   * @throws SpeechTokensError `argument-invalid`, `token-grid-invalid`
   */
  promptIds(request: SpeechRequest, layout: FlatLayout): readonly number[];
  /** Present where the model writes text beside speech: makes a reader of the ids that are no speech. */
  openText?(promptIds: readonly number[]): (ids: Uint32Array) => string;
}
