import { readEcdc } from '@speech-tokens/codec-rvq/ecdc';
import {
  alignmentSamples,
  gridFromJson,
  gridFromNpy,
  hasSpans,
  openTokenFile,
  SpeechTokensError,
  sliceGrid,
  type TokenFileSource,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import type { InputSource } from './input-source.ts';
import type { TokenFormat } from './token-output.ts';

/** Tokens to work on. */
export interface TokenInput {
  readonly label: string;
  readonly format: TokenFormat;
  readonly tokenSpace: TokenSpace;
  readonly codebookCount: number;
  readonly startSample: number;
  readonly sampleCount: number;
  /** The recording that they were made from, as far as the file says. */
  readonly source: TokenFileSource;
  /** All of them, in pieces of some seconds where the space has a clock. */
  grids(): AsyncIterable<TokenGrid>;
}

/** Larger JSON, .npy and .ecdc files are refused: they are held in memory whole. */
const maximumWholeBytes = 2 ** 28;
const grainSeconds = 10;

/** Token spaces of files that do not name theirs, or not in full. */
export interface UnnamedSpaces {
  ofNpy(): Promise<TokenSpace>;
  /** @param listed the space that the component of the file's model lists; the file does not say with which weights */
  ofEcdc(listed: TokenSpace): Promise<TokenSpace>;
}

/**
 * Opens the tokens in some bytes.
 * @throws SpeechTokensError `token-file-invalid`
 */
export async function openTokens(
  input: InputSource,
  format: TokenFormat,
  signal: AbortSignal,
  spaces: UnnamedSpaces,
): Promise<TokenInput> {
  const { label } = input;
  if (format === 'safetensors') {
    const file = await openTokenFile(input, { signal });
    const { tokenSpace, codebookCount, startSample, sampleCount, source } = file;
    const grids = (): AsyncIterable<TokenGrid> => file.grids(grainSeconds * tokenSpace.sampleRateHz, { signal });
    return { label, format, tokenSpace, codebookCount, startSample, sampleCount, source, grids };
  }
  const bytes = await readWhole(input, signal);
  const grid = await {
    npy: async () => gridFromNpy(bytes, { tokenSpace: await spaces.ofNpy() }),
    json: async () => gridFromJson(new TextDecoder().decode(bytes)),
    ecdc: async () => {
      const listed = readEcdc(bytes, { path: input.name });
      // Once more for the space found, which has to be of the file's model.
      return readEcdc(bytes, { path: input.name, tokenSpace: await spaces.ofEcdc(listed.tokenSpace) });
    },
  }[format]();
  const { tokenSpace, startSample, sampleCount, tracks } = grid;
  return {
    label,
    format,
    tokenSpace,
    codebookCount: tracks.length,
    startSample,
    sampleCount,
    source: {},
    grids: () => inPieces(grid),
  };
}

async function readWhole(input: InputSource, signal: AbortSignal): Promise<Uint8Array> {
  if (input.sizeBytes > maximumWholeBytes) {
    throw new SpeechTokensError('token-file-invalid', {
      problem: `${input.name} is too large to be read whole`,
      found: `${input.sizeBytes} bytes`,
      wanted: `at most ${maximumWholeBytes} bytes of JSON, .npy or .ecdc`,
      remedy: 'Use a .safetensors token file, which is read by ranges',
      details: { path: input.name },
    });
  }
  return input.read(0, input.sizeBytes, { signal });
}

async function* inPieces(grid: TokenGrid): AsyncGenerator<TokenGrid> {
  const { tokenSpace, startSample, sampleCount } = grid;
  const hasClock = tokenSpace.codebooks.every(({ hopSamples }) => hopSamples !== undefined);
  const step = hasClock ? alignmentSamples(tokenSpace) : undefined;
  // Spans must not be cut, so such tokens go as one piece.
  if (step === undefined || hasSpans(tokenSpace)) {
    if (sampleCount > 0) yield grid;
    return;
  }
  const grain = Math.ceil((grainSeconds * tokenSpace.sampleRateHz) / step) * step;
  const first = Math.floor(startSample / step) * step;
  for (let from = first; from < startSample + sampleCount; from += grain) {
    yield sliceGrid(grid, Math.max(from, startSample), Math.min(from + grain, startSample + sampleCount));
  }
}
