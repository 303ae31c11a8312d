import type { LanguageModelComponent, SpeechLanguageModelV0, SpeechRequest } from '@speech-tokens/core';
import type { FlatDecoderOptions } from '../../backbone/flat-decoder.ts';
import { timeOrderedSlots } from '../../layout/flat-layout.ts';
import type { TextTokenizer } from '../../text/text-tokenizer.ts';
import { type FlatSystemPaths, flatComponent, openFlatSystem } from '../flat/flat-component.ts';
import type { FlatSystem } from '../flat/flat-system.ts';
import { promptSpeech } from '../flat/prompt-speech.ts';
import { firstIdOf, idOfToken } from '../flat/token-ids.ts';
import { invalidRequest } from '../speech-request.ts';

/** In the order in which the authors find them natural. */
const voices = ['tara', 'leah', 'jess', 'leo', 'dan', 'mia', 'zac', 'zoe'];
/** Ids of a frame: one of the first codebook, two of the second, four of the third. */
const slotCount = 7;

export interface OrpheusSystemOptions {
  /** Codes of each codebook; 4,096 where absent. */
  readonly codebookSize?: number;
}

/**
 * Orpheus: Llama 3 that writes SNAC at 24 kHz, seven ids a frame. Code c of slot i is `<custom_token_{10 + 4096 i + c}>`, id
 * 128266 + 4096 i + c. A speech prompt is a turn before, as its pretrained model was trained: text, then speech.
 * Source: canopyai/Orpheus-TTS, orpheus_tts/engine_class.py (`_format_prompt`) and decoder.py (`turn_token_into_id`,
 * `tokens_decoder`: of four frames, the second is kept); its README and notebook of the pretrained model for speech
 * prompts.
 * @throws SpeechTokensError `checkpoint-invalid` where the tokenizer lacks a token
 */
export function orpheusSystem(
  tokenizer: TextTokenizer,
  { codebookSize = 4096 }: OrpheusSystemOptions = {},
): FlatSystem {
  const custom = (n: number): string => `<custom_token_${n}>`;
  const firstId = firstIdOf(tokenizer, (index) => custom(10 + index), slotCount * codebookSize);
  const [speechStart, speechEnd, humanStart, humanEnd, modelStart, modelEnd] = [1, 2, 3, 4, 5, 6].map((n) =>
    idOfToken(tokenizer, custom(n)),
  ) as [number, number, number, number, number, number];
  const textEnd = idOfToken(tokenizer, '<|eot_id|>');
  const turn = (text: string): number[] => [
    humanStart,
    ...tokenizer.encode(text),
    textEnd,
    humanEnd,
    modelStart,
    speechStart,
  ];
  const codebooks = [2048, 1024, 512].map((hopSamples, k) => ({
    name: `codebook-${k}`,
    size: codebookSize,
    hopSamples,
  }));
  return {
    codec: {
      id: 'rvq:snac-24khz',
      codebookCount: 3,
      window: { blockFrames: [1], leftContextFrames: 1, lookaheadFrames: 2 },
    },
    codecShape: { sampleRateHz: 24_000, codebooks },
    takes: { text: 'needed', prompt: 'optional' },
    voices,
    sampling: {
      temperature: 0.6,
      topP: 0.8,
      repetitionPenalty: { penalty: 1.3, windowSize: Number.POSITIVE_INFINITY },
    },
    endIds: [speechEnd],
    slots: (space) => timeOrderedSlots(space, { firstId, idOffsets: 'slot', codebookCount: 3 }),
    promptIds: (request, layout) => {
      const { text = '', voice = voices[0]!, prompt } = request;
      if (prompt === undefined) return turn(`${voice}: ${text}`);
      checkNoVoice(request);
      const { text: said, ids } = promptSpeech(prompt, layout);
      return [...turn(said), ...ids, speechEnd, modelEnd, ...turn(text)];
    },
  };
}

/**
 * Opens Orpheus in the hub's format, sharded or not.
 * @throws as `openFlatDecoder`; SpeechTokensError `checkpoint-invalid` for a tokenizer of another model
 */
export function openOrpheus(paths: FlatSystemPaths, options: FlatDecoderOptions = {}): Promise<SpeechLanguageModelV0> {
  return openFlatSystem(paths, orpheusSystem, options);
}

export const orpheusComponent: LanguageModelComponent = flatComponent({
  id: 'slm:orpheus',
  title: 'Orpheus 3B, English speech of eight voices, SNAC 24 kHz',
  repository: 'canopylabs/orpheus-3b-0.1-ft',
  weights: 'model.safetensors.index.json',
  licence: 'Apache-2.0',
  open: openOrpheus,
});

function checkNoVoice({ voice }: SpeechRequest): void {
  if (voice === undefined) return;
  throw invalidRequest(
    'voice',
    'A speech prompt has a voice of its own',
    JSON.stringify(voice),
    'the one or the other',
  );
}
