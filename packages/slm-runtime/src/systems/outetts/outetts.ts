import type { LanguageModelComponent, SpeechLanguageModelV0, TokenSpace } from '@speech-tokens/core';
import type { FlatDecoderOptions } from '../../backbone/flat-decoder.ts';
import type { TextTokenizer } from '../../text/text-tokenizer.ts';
import { type FlatSystemPaths, flatComponent, openFlatSystem } from '../flat/flat-component.ts';
import type { FlatSystem } from '../flat/flat-system.ts';
import { firstIdOf, idOfToken } from '../flat/token-ids.ts';
import { normalizeText, textAfterSpeaker } from './outetts-text.ts';
import type { OuteTtsFeatures, OuteTtsSpeaker, OuteTtsWord } from './speaker-profile.ts';

/** Positions that its authors give it. */
const contextPositions = 8192;

export interface OuteTtsSystemOptions {
  /** Voices by name, the default first. Without any, the model takes one at random. */
  readonly speakers?: { readonly [name: string]: OuteTtsSpeaker };
  /** Codes of each codebook; 1,024 where absent. */
  readonly codebookSize?: number;
}

/**
 * OuteTTS 1.0: Llama or Qwen that writes words, each with its length, features and codes: two ids a frame, `<|c1_…|>` and
 * `<|c2_…|>` of DAC for speech (24 kHz, 75 frames/s). A voice is something that was said before, in the same form. Long texts
 * are said worse than short ones: its authors cut them into sentences.
 * Source: edwko/OuteTTS, outetts/version/v3/prompt_processor.py and tokens.py, models/config.py and hf_model.py (sampling, with a
 * penalty over the last 64 ids).
 * @throws SpeechTokensError `checkpoint-invalid` where the tokenizer lacks a token
 */
export function outeTtsSystem(
  tokenizer: TextTokenizer,
  { speakers = {}, codebookSize = 1024 }: OuteTtsSystemOptions = {},
): FlatSystem {
  const firstIds = [1, 2].map((book) => firstIdOf(tokenizer, (code) => `<|c${book}_${code}|>`, codebookSize));
  const voices = Object.keys(speakers);
  return {
    codec: { id: dacSpeechId, codebookCount: 2 },
    codecShape: dacSpeechSpace(dacSpeechId, codebookSize),
    takes: { text: 'needed', prompt: 'refused' },
    ...(voices.length === 0 ? {} : { voices }),
    sampling: {
      temperature: 0.4,
      topK: 40,
      topP: 0.9,
      minP: 0.05,
      repetitionPenalty: { penalty: 1.1, windowSize: 64 },
    },
    endIds: [idOfToken(tokenizer, '<|audio_end|>'), idOfToken(tokenizer, '<|im_end|>')],
    slots: () => firstIds.map((idOffset, codebook) => ({ codebook, frame: 0, idOffset })),
    promptIds: ({ text = '', voice = voices[0] }) =>
      tokenizer.encode(promptText(normalizeText(text), voice === undefined ? undefined : speakers[voice]), {
        bare: true,
      }),
    openText: (promptIds) => createWordReader(tokenizer, promptIds),
  };
}

/**
 * Opens OuteTTS 1.0 in the hub's format. Its codec (ibm-research/DAC.speech.v1.0) is not here yet: it gives ids.
 * @throws as `openFlatDecoder`; SpeechTokensError `checkpoint-invalid` for a tokenizer of another model
 */
export function openOuteTts(
  paths: FlatSystemPaths,
  { speakers = {}, ...options }: FlatDecoderOptions & Pick<OuteTtsSystemOptions, 'speakers'> = {},
): Promise<SpeechLanguageModelV0> {
  const systemOf = (tokenizer: TextTokenizer): FlatSystem => outeTtsSystem(tokenizer, { speakers });
  return openFlatSystem(paths, systemOf, { capacityPositions: contextPositions, ...options });
}

export const outeTtsComponent: LanguageModelComponent = flatComponent({
  id: 'slm:outetts',
  title: 'OuteTTS 1.0 0.6B, speech of many languages, ids of DAC for speech',
  repository: 'OuteAI/OuteTTS-1.0-0.6B',
  weights: 'model.safetensors',
  licence: 'Apache-2.0',
  open: openOuteTts,
});

const dacSpeechId = 'rvq:dac-speech-24khz';

/** The codes of DAC as IBM trained it for speech at 1.5 kbit/s: those of Descript's `rvq:dac-24khz` mean something else. */
export function dacSpeechSpace(id: string = dacSpeechId, codebookSize = 1024): TokenSpace {
  return {
    id,
    sampleRateHz: 24_000,
    codebooks: [0, 1].map((k) => ({ name: `codebook-${k}`, size: codebookSize, hopSamples: 320 })),
    prefixDecodable: true,
  };
}

function promptText(text: string, speaker: OuteTtsSpeaker | undefined): string {
  const start = (whole: string): string => `<|im_start|>\n<|text_start|>${whole}<|text_end|>\n<|audio_start|>\n`;
  if (speaker === undefined) return start(text);
  const { text: whole, sign } = textAfterSpeaker(speaker.text, text);
  const words = speaker.words.map((word, i) => wordText(word, i === speaker.words.length - 1 ? sign : ''));
  return `${start(whole)}${words.join('\n')}\n<|word_start|>`;
}

function wordText({ word, durationSeconds, features, c1, c2 }: OuteTtsWord, sign: string): string {
  const codes = c1.map((code, frame) => `<|c1_${code}|><|c2_${c2[frame]}|>`).join('');
  const time = `<|t_${durationSeconds.toFixed(2)}|>`;
  return `<|word_start|>${word}${sign}<|features|>${time}${featuresText(features)}<|code|>${codes}<|word_end|>`;
}

function featuresText({ energy, spectralCentroid, pitch }: OuteTtsFeatures): string {
  return `<|energy_${energy}|><|spectral_centroid_${spectralCentroid}|><|pitch_${pitch}|>`;
}

/** The words that the model writes: the ids between the start of a word and its features. Each is given with a space after it. */
function createWordReader(tokenizer: TextTokenizer, promptIds: readonly number[]): (ids: Uint32Array) => string {
  const wordStart = idOfToken(tokenizer, '<|word_start|>');
  const features = idOfToken(tokenizer, '<|features|>');
  let word: number[] | undefined = promptIds.at(-1) === wordStart ? [] : undefined;
  return (ids) => {
    let text = '';
    for (const id of ids) {
      if (id === wordStart) word = [];
      else if (id !== features) word?.push(id);
      else if (word !== undefined) {
        text += `${tokenizer.decode(word)} `;
        word = undefined;
      }
    }
    return text;
  };
}
