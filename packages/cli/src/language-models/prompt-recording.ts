import { convertStream } from '@speech-tokens/audio-files';
import {
  joinGrids,
  type SpeechDetokenizerV1,
  type SpeechGeneration,
  type SpeechRequest,
  SpeechTokensError,
} from '@speech-tokens/core';
import type { ComponentRegistry } from '@speech-tokens/core/node';
import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { openAudio } from '../io/audio-source.ts';
import type { InputSource } from '../io/input-source.ts';
import { gather } from '../streams/through-session.ts';
import { tokenizeChunks } from '../tokenize/tokenize-chunks.ts';
import { loadCodecEar } from './model-run.ts';

interface PromptParts {
  readonly generation: SpeechGeneration;
  readonly detokenizer: SpeechDetokenizerV1;
  readonly input: InputSource;
}

/** A recording as the model reads it, at the rate of its codec. */
export async function promptOf(
  context: CliContext,
  registry: ComponentRegistry,
  { generation: { codec }, detokenizer, input }: PromptParts,
  options: GenerateCommandOptions,
): Promise<NonNullable<SpeechRequest['prompt']>> {
  const { signal } = context;
  const tokenizer = await loadCodecEar(context, registry, codec, detokenizer, options);
  try {
    const { file } = await openAudio(context, input);
    const chunks = convertStream(file.read({ signal }), tokenizer.audioFormat, { signal });
    const { codebookCount } = codec;
    const grids = await gather(tokenizeChunks(tokenizer, chunks, { codebookCount, signal }));
    if (grids.every(({ sampleCount }) => sampleCount === 0)) throw emptyPrompt(input.label);
    const { promptText } = options;
    return { grid: joinGrids(grids), ...(promptText === undefined ? {} : { text: promptText }) };
  } finally {
    await tokenizer.close();
  }
}

function emptyPrompt(name: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `There is nothing to go on from in ${name}`,
    found: 'a recording without samples',
    wanted: 'a recording',
    remedy: 'Give another --prompt',
    details: { argument: 'prompt' },
  });
}
