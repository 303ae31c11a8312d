import { type ModelCodec, type ModelRequest, SpeechTokensError, type TokenGrid } from '@speech-tokens/core';

/**
 * Whether the codec of a request is one that the model can speak with.
 * @throws SpeechTokensError `argument-invalid`
 */
export function checkCodecSpace({ codecSpace }: ModelRequest, { id, codebookCount }: ModelCodec): void {
  if (codecSpace.codebooks.length >= codebookCount && codecSpace.codebooks[0]?.hopSamples !== undefined) return;
  throw invalidRequest(
    'codecSpace',
    'The codec does not fit the model',
    `${codecSpace.id} with ${codecSpace.codebooks.length} codebooks`,
    `${id} with at least ${codebookCount} codebooks`,
  );
}

/**
 * Whether a grid holds speech of the request's codec, with all codebooks that the model reads.
 * @throws SpeechTokensError `token-grid-invalid`
 */
export function checkSpeech(
  { tokenSpace, tracks }: TokenGrid,
  { codecSpace }: Pick<ModelRequest, 'codecSpace'>,
  codebookCount: number,
): void {
  if (tokenSpace.id === codecSpace.id && tracks.length >= codebookCount) return;
  throw new SpeechTokensError('token-grid-invalid', {
    problem: 'The model cannot hear this speech',
    found: `${tracks.length} codebooks of ${tokenSpace.id}`,
    wanted: `at least ${codebookCount} of ${codecSpace.id}`,
    remedy: 'Tokenize it with all codebooks, by the codec that the request names',
    details: {},
  });
}

/** A request that a model cannot fulfil. */
export function invalidRequest(
  argument: string,
  problem: string,
  found: string,
  wanted: string,
): SpeechTokensError<'argument-invalid'> {
  const remedy = 'Ask for what the model says it takes: `generation.takes`, `generation.voices` and `generation.codec`';
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument } });
}
