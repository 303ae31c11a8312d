import {
  type ModelCodec,
  type ModelRequest,
  type SpeechGeneration,
  type SpeechRequest,
  SpeechTokensError,
  type Takes,
  type TokenGrid,
  type TokenSpace,
  validateTokenGrid,
} from '@speech-tokens/core';

/** What a system says of the requests that it takes. */
export interface RequestTerms extends Pick<SpeechGeneration, 'codec' | 'takes' | 'voices'> {
  /** The codec that the model was trained with: rate, sizes and hops of its codebooks are compared, not its id. */
  readonly codecShape?: Pick<TokenSpace, 'sampleRateHz' | 'codebooks'>;
}

/**
 * Whether a model can be asked this, before anything of it is run.
 * @throws SpeechTokensError `argument-invalid`; `token-grid-invalid`, `token-space-mismatch` for the prompt's grid
 */
export function checkRequest(terms: RequestTerms, request: SpeechRequest): void {
  const { text, prompt, voice, maxFrames, codecSpace } = request;
  const { codec, codecShape, takes, voices = [] } = terms;
  checkCodecSpace(request, codec);
  if (codecShape !== undefined) checkShape(codec, codecShape, codecSpace);
  checkTaken('text', takes.text, text !== undefined && text.trim() !== '', text !== undefined);
  checkTaken('prompt', takes.prompt, prompt !== undefined, prompt !== undefined);
  if (prompt !== undefined) {
    validateTokenGrid(prompt.grid, { tokenSpace: codecSpace });
    checkSpeech(prompt.grid, request, codec.codebookCount);
  }
  if (voice !== undefined && !voices.includes(voice)) {
    const wanted = voices.length === 0 ? 'none: this model has no voices by name' : `one of ${voices.join(', ')}`;
    throw invalidRequest('voice', 'The model has no such voice', JSON.stringify(voice), wanted);
  }
  if (maxFrames !== undefined) checkFrameCount('maxFrames', maxFrames);
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkFrameCount(argument: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw invalidRequest(argument, 'The number of frames is out of range', String(count), 'an integer from 1');
}

function checkTaken(argument: 'text' | 'prompt', takes: Takes, isThere: boolean, isGiven: boolean): void {
  if (takes === 'refused' && isGiven) {
    throw invalidRequest(argument, `The model takes no ${argument}`, `a ${argument}`, 'a request without');
  }
  // An empty text is none.
  if (takes === 'needed' ? isThere : isThere === isGiven) return;
  throw invalidRequest(argument, `The model needs a ${argument}`, isGiven ? 'an empty one' : 'none', `a ${argument}`);
}

function checkShape(codec: ModelCodec, wantedShape: NonNullable<RequestTerms['codecShape']>, space: TokenSpace): void {
  const shapeOf = ({ sampleRateHz, codebooks }: NonNullable<RequestTerms['codecShape']>): string =>
    `${sampleRateHz} Hz, ${codebooks
      .slice(0, codec.codebookCount)
      .map(({ size, hopSamples }) => `${size} codes every ${hopSamples} samples`)
      .join(', ')}`;
  const [found, wanted] = [shapeOf(space), shapeOf(wantedShape)];
  if (found === wanted) return;
  throw invalidRequest('codecSpace', `The model does not speak ${space.id}`, found, `${codec.id}: ${wanted}`);
}

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
  remedy = 'Ask for what the model says it takes: `generation.takes`, `generation.voices` and `generation.codec`',
): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument } });
}
