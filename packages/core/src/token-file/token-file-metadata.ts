import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { SideTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from '../tokens/token-space-json.ts';

/** What tokens were made from. */
export interface TokenFileSource {
  /** For people, for example the file name of the recording. */
  readonly name?: string;
  /** Of the bytes of the recording's file, in lower-case hex. */
  readonly sha256?: string;
}

export type SideTrackShape = Omit<SideTrack, 'values'>;

/** What the header of a token file says beside its tensors. */
export interface TokenFileMetadata {
  readonly tokenSpace: TokenSpace;
  readonly startSample: number;
  readonly sampleCount: number;
  readonly sideTracks: readonly SideTrackShape[];
  readonly source: TokenFileSource;
  /** The program that wrote the file. */
  readonly generator: string | undefined;
}

export const tokenFileFormat = 'speech-tokens';
export const tokenFileFormatVersion = 1;
export const defaultGenerator = '@speech-tokens/core';

/** Far above any token space; keeps hostile text from being parsed into gigabytes. */
const maximumJsonLength = 4_000_000;

/** The names of a file's tensors. */
export const tensorNames = {
  ids: (codebook: number): string => `ids.${codebook}`,
  durations: (codebook: number): string => `durations.${codebook}`,
  runDurations: (codebook: number): string => `run_durations.${codebook}`,
  side: (name: string): string => `side.${name}`,
};

export function writeMetadata(metadata: TokenFileMetadata): Map<string, string> {
  const { tokenSpace, startSample, sampleCount, sideTracks, source, generator } = metadata;
  const texts = new Map([
    ['format', tokenFileFormat],
    ['format_version', String(tokenFileFormatVersion)],
    ['generator', generator ?? defaultGenerator],
    ['token_space', JSON.stringify(tokenSpaceToJson(tokenSpace))],
    ['start_sample', String(startSample)],
    ['sample_count', String(sampleCount)],
  ]);
  if (sideTracks.length > 0) {
    const shapes = sideTracks.map(({ name, hopSamples, valuesPerFrame }) => ({ name, hopSamples, valuesPerFrame }));
    texts.set('side_tracks', JSON.stringify(shapes));
  }
  if (source.name !== undefined) texts.set('source_name', source.name);
  if (source.sha256 !== undefined) texts.set('source_sha256', source.sha256);
  return texts;
}

/** @throws SpeechTokensError `token-file-invalid` */
export function readMetadata(texts: ReadonlyMap<string, string>, path: string): TokenFileMetadata {
  const format = texts.get('format');
  if (format !== tokenFileFormat) {
    throw tokenFileError(path, {
      problem: 'The file is a safetensors file, but not a token file',
      found: format === undefined ? 'no format in its metadata' : `the format ${JSON.stringify(format.slice(0, 80))}`,
      wanted: JSON.stringify(tokenFileFormat),
      remedy: 'Give a file that this project wrote, for example with `speech-tokens tokenize`',
    });
  }
  const version = texts.get('format_version');
  if (version !== String(tokenFileFormatVersion)) {
    throw tokenFileError(path, {
      problem: 'The token file is of another version of the format',
      found: String(version?.slice(0, 80)),
      wanted: String(tokenFileFormatVersion),
      remedy: 'Upgrade @speech-tokens/core to read newer files',
    });
  }
  const name = texts.get('source_name');
  const sha256 = texts.get('source_sha256');
  return {
    tokenSpace: readTokenSpace(texts, path),
    startSample: readCount(texts, 'start_sample', path),
    sampleCount: readCount(texts, 'sample_count', path),
    sideTracks: readSideTracks(texts, path),
    source: { ...(name === undefined ? {} : { name }), ...(sha256 === undefined ? {} : { sha256 }) },
    generator: texts.get('generator'),
  };
}

function readTokenSpace(texts: ReadonlyMap<string, string>, path: string): TokenSpace {
  const value = readJson(texts, 'token_space', path);
  try {
    return tokenSpaceFromJson(value);
  } catch (cause) {
    throw damaged(path, 'token_space', cause instanceof Error ? cause.message : String(cause), 'a token space', cause);
  }
}

function readSideTracks(texts: ReadonlyMap<string, string>, path: string): readonly SideTrackShape[] {
  if (!texts.has('side_tracks')) return [];
  const value = readJson(texts, 'side_tracks', path);
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && (count as number) >= 1;
  const isShape = (shape: Partial<SideTrackShape> | null): shape is SideTrackShape =>
    typeof shape?.name === 'string' && shape.name !== '' && isCount(shape.hopSamples) && isCount(shape.valuesPerFrame);
  if (!Array.isArray(value) || !value.every(isShape) || new Set(value.map((side) => side.name)).size !== value.length) {
    throw damaged(path, 'side_tracks', 'something else', 'a list of { name, hopSamples, valuesPerFrame }');
  }
  return value.map(({ name, hopSamples, valuesPerFrame }) => ({ name, hopSamples, valuesPerFrame }));
}

function readJson(texts: ReadonlyMap<string, string>, key: string, path: string): unknown {
  const text = texts.get(key);
  if (text === undefined) throw damaged(path, key, 'nothing', 'JSON');
  if (text.length > maximumJsonLength)
    throw damaged(path, key, `${text.length} characters`, `at most ${maximumJsonLength}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw damaged(path, key, 'text that is not JSON', 'JSON', cause);
  }
}

function readCount(texts: ReadonlyMap<string, string>, key: string, path: string): number {
  const text = texts.get(key);
  const value = text !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw damaged(path, key, JSON.stringify(text?.slice(0, 80)) ?? 'nothing', 'an integer of 0 to 2^53 - 1');
}

function damaged(path: string, key: string, found: string, wanted: string, cause?: unknown): SpeechTokensError {
  return tokenFileError(path, {
    problem: `The metadata of the token file is invalid in ${key}`,
    found,
    wanted,
    remedy: 'Make the tokens again',
    cause,
  });
}

/** An error about a token file; its path stands in the message too. */
export function tokenFileError(
  path: string,
  description: {
    readonly problem: string;
    readonly found: string;
    readonly wanted: string;
    readonly remedy: string;
    readonly cause?: unknown;
  },
): SpeechTokensError<'token-file-invalid'> {
  return new SpeechTokensError('token-file-invalid', {
    ...description,
    problem: `${description.problem} (${path})`,
    details: { path },
  });
}
