import type { TokenSpace } from '@speech-tokens/core';
import { readConfig } from '@speech-tokens/onnx-graph';
import type { FrameLayout } from '../../layout/frame-layout.ts';

/** What the columns of a small model are: `speech_tokens` of its `config.json`. */
export interface SmallColumns {
  /** Ids of the token spaces that it was trained on. */
  readonly unitSpace: string;
  readonly codecSpace: string;
  readonly unitCount: number;
  readonly codeCount: number;
  /** Steps from the unit of a frame to its codes. */
  readonly delaySteps: number;
  /** Stands in each column before its first id. */
  readonly initialId: number;
  /** Said in place of a unit after the last one. */
  readonly endId: number;
}

/** @throws SpeechTokensError `checkpoint-invalid` that names the field */
export function parseSmallColumns(text: string, path: string): SmallColumns {
  const config = readConfig(text, path, 'small speech language model');
  const at = (field: string): string => `speech_tokens.${field}`;
  const string = (field: string): string => {
    const found = config.value(at(field));
    return typeof found === 'string' ? found : config.fail(at(field), JSON.stringify(found) ?? 'nothing', 'a string');
  };
  const vocabularySize = config.integer('vocab_size');
  return {
    unitSpace: string('unit_space'),
    codecSpace: string('codec_space'),
    unitCount: config.integer(at('unit_count'), vocabularySize),
    codeCount: config.integer(at('code_count'), vocabularySize),
    delaySteps: config.integer(at('delay_steps'), 1024, 0),
    initialId: config.integer(at('initial_id'), vocabularySize - 1),
    endId: config.integer(at('end_id'), vocabularySize - 1),
  };
}

/**
 * Units, the codes of a frame some steps later, and the column of texts that transformers' CSM has and nothing uses.
 * @param codebookCount of the model; the first of the codec
 */
export function smallLayout(
  { delaySteps, initialId, endId }: SmallColumns,
  codebookCount: number,
  vocabularySize: number,
  channels: { readonly units: TokenSpace; readonly speech: TokenSpace },
): FrameLayout {
  const codes = Array.from({ length: codebookCount }, (_, codebook) => ({
    name: `codebook ${codebook}`,
    role: 'out' as const,
    vocabularySize,
    delaySteps,
    initialId,
    slot: { channel: 'speech', codebook, frame: 0, idOffset: 0 },
  }));
  return {
    streams: [
      {
        name: 'units',
        role: 'out',
        vocabularySize,
        initialId,
        padId: endId,
        slot: { channel: 'units', codebook: 0, frame: 0, idOffset: 0 },
      },
      ...codes,
      { name: 'text', role: 'in', vocabularySize: 1 },
    ],
    channels,
    initialSteps: 1,
  };
}
