import { SpeechTokensError } from '@speech-tokens/core';

/** Loudness, brightness and pitch, each 0 to 100. */
export interface OuteTtsFeatures {
  readonly energy: number;
  readonly spectralCentroid: number;
  readonly pitch: number;
}

/** A word that a speaker said. */
export interface OuteTtsWord {
  readonly word: string;
  readonly durationSeconds: number;
  /** Codes of the two codebooks, one of each a frame. */
  readonly c1: readonly number[];
  readonly c2: readonly number[];
  readonly features: OuteTtsFeatures;
}

/** A voice for OuteTTS: something that was said in it, word by word. */
export interface OuteTtsSpeaker {
  readonly text: string;
  readonly words: readonly OuteTtsWord[];
}

/**
 * Reads a speaker profile of the authors, version 3: what `interface.save_speaker` writes.
 * Source: edwko/OuteTTS, outetts/version/v3/default_speakers and prompt_processor.py (features are 0 where absent).
 * @param path for messages
 * @throws SpeechTokensError `checkpoint-invalid`
 */
export function parseOuteTtsSpeaker(json: string, path: string): OuteTtsSpeaker {
  const speaker = parsed(json, path);
  const version = speaker['interface_version'] ?? 3;
  if (version !== 3) throw invalid(path, 'interface_version', version, '3, that of OuteTTS 1.0');
  const { text, words } = speaker;
  if (typeof text !== 'string') throw invalid(path, 'text', text, 'a text');
  if (!Array.isArray(words) || words.length === 0) throw invalid(path, 'words', words, 'a list of words');
  return { text, words: words.map((word: unknown, index) => wordOf(word, `words[${index}]`, path)) };
}

function wordOf(value: unknown, place: string, path: string): OuteTtsWord {
  if (!isRecord(value)) throw invalid(path, place, value, 'a word');
  const { word, duration, features = {}, c1, c2 } = value;
  if (typeof word !== 'string') throw invalid(path, `${place}.word`, word, 'a text');
  if (!isNumber(duration) || duration < 0) throw invalid(path, `${place}.duration`, duration, 'seconds');
  if (!isRecord(features)) throw invalid(path, `${place}.features`, features, 'numbers by name');
  for (const [name, codes] of Object.entries({ c1, c2 })) {
    if (!isCodes(codes)) throw invalid(path, `${place}.${name}`, codes, 'codes from 0 to 1023');
  }
  const [first, second] = [c1 as readonly number[], c2 as readonly number[]];
  if (first.length !== second.length) throw invalid(path, `${place}.c2`, second.length, `${first.length} codes, as c1`);
  const feature = (name: string): number => {
    const found = features[name] ?? 0;
    if (!isNumber(found)) throw invalid(path, `${place}.features.${name}`, found, 'a number');
    return found;
  };
  return {
    word,
    durationSeconds: duration,
    c1: first,
    c2: second,
    features: {
      energy: feature('energy'),
      spectralCentroid: feature('spectral_centroid'),
      pitch: feature('pitch'),
    },
  };
}

function parsed(json: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (isRecord(value)) return value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw invalid(path, 'the file', json.slice(0, 40), 'a JSON object');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isCode = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 1024;
const isCodes = (value: unknown): boolean => Array.isArray(value) && value.every(isCode);

function invalid(path: string, field: string, found: unknown, wanted: string): SpeechTokensError {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `The speaker profile cannot be used: ${field} (${path})`,
    found: JSON.stringify(found)?.slice(0, 80) ?? 'nothing',
    wanted,
    remedy: 'Make it with outetts 0.4, `interface.create_speaker`',
    details: { path },
  });
}
