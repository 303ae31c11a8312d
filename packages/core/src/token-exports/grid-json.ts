import { isSpeechTokensError, SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { defaultGenerator, tokenFileFormat, tokenFileFormatVersion } from '../token-file/token-file-metadata.ts';
import { showValue } from '../tokens/show-value.ts';
import type { SideTrack, TokenGrid, TokenTrack } from '../tokens/token-grid.ts';
import type { JsonData } from '../tokens/token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from '../tokens/token-space-json.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';

export interface GridJsonOptions {
  /** The program that writes, for example `speech-tokens 0.1.0`. */
  readonly generator?: string;
}

/** A grid as JSON data: the same names as in `TokenGrid`, lists in place of typed arrays. Stable within a version. */
export interface GridJson {
  readonly format: 'speech-tokens';
  readonly formatVersion: 1;
  readonly generator: string;
  readonly tokenSpace: { readonly [key: string]: JsonData };
  readonly startSample: number;
  readonly sampleCount: number;
  readonly tracks: readonly {
    /** The codebook's name, for people: tracks are in the order of the space's codebooks. */
    readonly codebook: string;
    readonly ids: readonly number[];
    readonly durationsFrames?: readonly number[];
    readonly runDurationsFrames?: readonly number[];
  }[];
  /** Absent where there are none. */
  readonly sideTracks?: readonly {
    readonly name: string;
    readonly hopSamples: number;
    readonly valuesPerFrame: number;
    readonly values: readonly number[];
  }[];
}

/** @throws SpeechTokensError as `validateTokenGrid` */
export function gridToJson(grid: TokenGrid, options: GridJsonOptions = {}): GridJson {
  return JSON.parse([...gridToJsonText(grid, options)].join('')) as GridJson;
}

/** Numbers in one piece of text. */
const pieceLength = 8192;

/**
 * The text of `gridToJson`, in pieces of at most about 100 kB, so that a long grid never is one text in memory. Ends
 * with a line feed.
 * @throws SpeechTokensError as `validateTokenGrid`, before the first piece
 */
export function gridToJsonText(grid: TokenGrid, options: GridJsonOptions = {}): Generator<string, void> {
  validateTokenGrid(grid);
  return jsonPieces(grid, options.generator ?? defaultGenerator);
}

function* jsonPieces(grid: TokenGrid, generator: string): Generator<string, void> {
  const { tokenSpace, startSample, sampleCount, tracks, sideTracks = [] } = grid;
  const head = {
    format: tokenFileFormat,
    formatVersion: tokenFileFormatVersion,
    generator,
    tokenSpace: tokenSpaceToJson(tokenSpace),
    startSample,
    sampleCount,
  };
  yield `${JSON.stringify(head).slice(0, -1)},\n"tracks":[`;
  for (const [index, { ids, ...durations }] of tracks.entries()) {
    yield `${index === 0 ? '' : ','}\n{"codebook":${JSON.stringify(tokenSpace.codebooks[index]?.name)},"ids":[`;
    yield* numberPieces(ids);
    for (const name of ['durationsFrames', 'runDurationsFrames'] as const) {
      const values = durations[name];
      if (values === undefined) continue;
      yield `],"${name}":[`;
      yield* numberPieces(values);
    }
    yield ']}';
  }
  yield ']';
  if (sideTracks.length > 0) yield ',\n"sideTracks":[';
  for (const [index, { values, ...shape }] of sideTracks.entries()) {
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(shape).slice(0, -1)},"values":[`;
    yield* numberPieces(values);
    yield ']}';
  }
  yield sideTracks.length > 0 ? ']}\n' : '}\n';
}

function* numberPieces(values: Uint32Array | Float32Array): Generator<string, void> {
  for (let start = 0; start < values.length; start += pieceLength) {
    // JSON knows −0, which String() writes as 0.
    const texts = Array.from(values.subarray(start, start + pieceLength), (value) =>
      Object.is(value, -0) ? '-0' : String(value),
    );
    yield `${start === 0 ? '' : ','}${texts.join(',')}`;
  }
}

/**
 * The grid of `gridToJson`, from its text or its data.
 * @throws SpeechTokensError `token-file-invalid` that says what is wrong with it
 */
export function gridFromJson(json: unknown): TokenGrid {
  const value = (typeof json === 'string' ? parse(json) : json) as Partial<GridJson> | null;
  if (typeof value !== 'object' || value === null || value.format !== tokenFileFormat) {
    throw invalid(
      'The JSON holds no tokens',
      showValue(value?.format),
      `an object with "format": "${tokenFileFormat}"`,
    );
  }
  if (value.formatVersion !== tokenFileFormatVersion) {
    const found = showValue(value.formatVersion);
    throw invalid('The JSON is of another version', found, `"formatVersion": ${tokenFileFormatVersion}`);
  }
  const sideTracks =
    value.sideTracks === undefined ? undefined : list(value.sideTracks, 'sideTracks').map(readSideTrack);
  try {
    const grid: TokenGrid = {
      tokenSpace: tokenSpaceFromJson(value.tokenSpace),
      startSample: value.startSample as number,
      sampleCount: value.sampleCount as number,
      tracks: list(value.tracks, 'tracks').map(readTrack),
      ...(sideTracks === undefined ? {} : { sideTracks }),
    };
    validateTokenGrid(grid);
    return grid;
  } catch (cause) {
    if (!isSpeechTokensError(cause) || cause.code === 'token-file-invalid') throw cause;
    throw invalid('The JSON contradicts itself', cause.message, 'the form that gridToJson writes', cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid('The text is not JSON', cause instanceof Error ? cause.message : String(cause), 'JSON', cause);
  }
}

function readTrack(value: unknown, index: number): TokenTrack {
  const track = (value ?? {}) as { readonly [name in keyof TokenTrack]?: unknown };
  const read = (name: keyof TokenTrack): Uint32Array => integers(track[name], `tracks[${index}].${name}`);
  return {
    ids: read('ids'),
    ...(track.durationsFrames === undefined ? {} : { durationsFrames: read('durationsFrames') }),
    ...(track.runDurationsFrames === undefined ? {} : { runDurationsFrames: read('runDurationsFrames') }),
  };
}

function readSideTrack(value: unknown, index: number): SideTrack {
  const { name, hopSamples, valuesPerFrame, values } = (value ?? {}) as Partial<SideTrack>;
  const numbers: readonly unknown[] = list(values, `sideTracks[${index}].values`);
  const odd = numbers.find((number) => typeof number !== 'number');
  if (odd !== undefined) throw invalid(`sideTracks[${index}].values is wrong`, showValue(odd), 'numbers');
  // Name, hop and width are checked with the grid.
  const shape = { name, hopSamples, valuesPerFrame } as Omit<SideTrack, 'values'>;
  return { ...shape, values: Float32Array.from(numbers as readonly number[]) };
}

function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw invalid(`The field ${field} of the JSON is wrong`, showValue(value), 'a list');
}

function integers(value: unknown, field: string): Uint32Array {
  const values = list(value, field);
  const isId = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 32;
  const odd = values.findIndex((id) => !isId(id));
  if (odd < 0) return Uint32Array.from(values as readonly number[]);
  throw invalid(
    `The field ${field} of the JSON is wrong`,
    `${showValue(values[odd])} at ${odd}`,
    'integers of 0 to 2^32 - 1',
  );
}

function invalid(
  problem: string,
  found: string,
  wanted: string,
  cause?: unknown,
): SpeechTokensError<'token-file-invalid'> {
  const remedy = 'Write the JSON with gridToJson, or with `speech-tokens tokenize --format json`';
  return new SpeechTokensError('token-file-invalid', { problem, found, wanted, remedy, details: {}, cause });
}
