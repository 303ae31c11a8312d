import type { LanguageModelComponent, SpeechLanguageModelV0 } from '@speech-tokens/core';
import type { FlatDecoderOptions } from '../../backbone/flat-decoder.ts';
import type { TextTokenizer } from '../../text/text-tokenizer.ts';
import { type FlatSystemPaths, flatComponent, openFlatSystem } from '../flat/flat-component.ts';
import type { FlatSystem } from '../flat/flat-system.ts';
import { promptSpeech } from '../flat/prompt-speech.ts';
import { firstIdOf, idOfToken } from '../flat/token-ids.ts';
import { xcodec2Space } from './xcodec2-space.ts';

/** Positions of a sequence that the model was trained with, prompt and speech together. */
const trainedPositions = 2048;

export interface LlasaSystemOptions {
  /** Codes of the codec; 65,536 where absent. */
  readonly codebookSize?: number;
}

/**
 * Llasa: Llama 3.2 that writes X-Codec 2, one id a frame; code c is `<|s_c|>`, id 128264 + c. A speech prompt begins the
 * answer, and its text the text.
 * The prompt is Llama 3.2's chat, which names a day: here always the one that its template has where no clock is given,
 * so that equal requests are equal.
 * Source: zhenye234/LLaSA_training, finetune/online_finetune/lora_infer_example.py, and the card of HKUSTAudio/Llasa-1B
 * (temperature 0.8, top-p 1; top-k 50 is the default of transformers' `generate`, which they leave).
 * @throws SpeechTokensError `checkpoint-invalid` where the tokenizer lacks a token
 */
export function llasaSystem(tokenizer: TextTokenizer, { codebookSize = 65_536 }: LlasaSystemOptions = {}): FlatSystem {
  const firstId = firstIdOf(tokenizer, (code) => `<|s_${code}|>`, codebookSize);
  const speechEnd = idOfToken(tokenizer, '<|SPEECH_GENERATION_END|>');
  return {
    codec: { id: 'rvq:xcodec2', codebookCount: 1 },
    codecShape: xcodec2Space('rvq:xcodec2', codebookSize),
    takes: { text: 'needed', prompt: 'optional' },
    sampling: { temperature: 0.8, topK: 50 },
    endIds: [speechEnd],
    slots: () => [{ codebook: 0, frame: 0, idOffset: firstId }],
    promptIds: ({ text = '', prompt }, layout) => {
      if (prompt === undefined) return chatIds(tokenizer, text);
      const { text: said, ids } = promptSpeech(prompt, layout);
      return [...chatIds(tokenizer, `${said} ${text}`), ...ids];
    },
  };
}

/**
 * Opens Llasa in the hub's format, sharded or not. Its codec, X-Codec 2, is not here yet: it gives ids.
 * @throws as `openFlatDecoder`; SpeechTokensError `checkpoint-invalid` for a tokenizer of another model
 */
export function openLlasa(paths: FlatSystemPaths, options: FlatDecoderOptions = {}): Promise<SpeechLanguageModelV0> {
  return openFlatSystem(paths, llasaSystem, { capacityPositions: trainedPositions, ...options });
}

export const llasaComponent: LanguageModelComponent = flatComponent({
  id: 'slm:llasa',
  title: 'Llasa 1B, English and Chinese speech, ids of X-Codec 2',
  repository: 'HKUSTAudio/Llasa-1B',
  weights: 'model.safetensors',
  licence: 'CC-BY-NC-4.0',
  open: openLlasa,
});

function chatIds(tokenizer: TextTokenizer, text: string): readonly number[] {
  const header = (role: string): string => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
  const chat = [
    `<|begin_of_text|>${header('system')}Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>`,
    `${header('user')}Convert the text to speech:<|TEXT_UNDERSTANDING_START|>${text}<|TEXT_UNDERSTANDING_END|><|eot_id|>`,
    `${header('assistant')}<|SPEECH_GENERATION_START|>`,
  ];
  return tokenizer.encode(chat.join(''), { bare: true });
}
