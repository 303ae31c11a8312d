import { type AudioFile, convertStream } from '@speech-tokens/audio-files';
import {
  joinGrids,
  type SpeechDetokenizerV1,
  type SpeechGeneration,
  type SpeechRequest,
  type SpeechTokenizerV1,
  SpeechTokensError,
  type TokenGrid,
} from '@speech-tokens/core';
import type { ComponentRegistry } from '@speech-tokens/core/node';
import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { openAudio } from '../io/audio-source.ts';
import type { InputSource } from '../io/input-source.ts';
import { loadTokenizer } from '../plugins/load-component.ts';
import { gather, type StreamOptions } from '../streams/through-session.ts';
import { tokenizeChunks } from '../tokenize/tokenize-chunks.ts';
import { loadCodecEar } from './model-run.ts';

interface PromptParts {
  readonly generation: SpeechGeneration;
  readonly detokenizer: SpeechDetokenizerV1;
  readonly input: InputSource;
}

/** A recording as the model reads it: by its codec, and by the tokenizer of its units where it has one. */
export async function promptOf(
  context: CliContext,
  registry: ComponentRegistry,
  { generation: { codec, units }, detokenizer, input }: PromptParts,
  options: GenerateCommandOptions,
): Promise<NonNullable<SpeechRequest['prompt']>> {
  const { file } = await openAudio(context, input);
  const { codebookCount } = codec;
  const ear = await loadCodecEar(context, registry, codec, detokenizer, options);
  const grid = await heardBy(ear, file, { codebookCount, signal: context.signal });
  if (grid === undefined) throw emptyPrompt(input.label);
  const { promptText } = options;
  const said = { grid, ...(promptText === undefined ? {} : { text: promptText }) };
  if (units === undefined) return said;
  const { checkpoint: _, codecCheckpoint: __, ...unitOptions } = options;
  const { part } = await loadTokenizer(context, registry, units.id, unitOptions);
  const unitGrid = await heardBy(part, file, { codebookCount: 1, signal: context.signal });
  return { ...said, ...(unitGrid === undefined ? {} : { units: unitGrid }) };
}

/** The recording by a tokenizer, which is closed then; nothing where there are no samples. */
async function heardBy(
  tokenizer: SpeechTokenizerV1,
  file: AudioFile,
  options: StreamOptions,
): Promise<TokenGrid | undefined> {
  try {
    const chunks = convertStream(file.read({ signal: options.signal }), tokenizer.audioFormat, {
      signal: options.signal,
    });
    const grids = await gather(tokenizeChunks(tokenizer, chunks, options));
    return grids.every(({ sampleCount }) => sampleCount === 0) ? undefined : joinGrids(grids);
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
