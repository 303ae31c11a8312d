import {
  alignmentSamples,
  gridFromJson,
  gridFromNpy,
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

/** Larger JSON and .npy files are refused: they are held in memory whole. */
const maximumWholeBytes = 2 ** 28;
const grainSeconds = 10;

/**
 * Opens the tokens in some bytes.
 * @param spaceOfNpy the token space of a .npy file, which does not name it
 * @throws SpeechTokensError `token-file-invalid`
 */
export async function openTokens(
  input: InputSource,
  format: TokenFormat,
  signal: AbortSignal,
  spaceOfNpy: () => Promise<TokenSpace>,
): Promise<TokenInput> {
  const { label } = input;
  if (format === 'safetensors') {
    const file = await openTokenFile(input, { signal });
    const { tokenSpace, codebookCount, startSample, sampleCount, source } = file;
    const grids = (): AsyncIterable<TokenGrid> => file.grids(grainSeconds * tokenSpace.sampleRateHz, { signal });
    return { label, format, tokenSpace, codebookCount, startSample, sampleCount, source, grids };
  }
  const bytes = await readWhole(input, signal);
  const grid =
    format === 'npy'
      ? gridFromNpy(bytes, { tokenSpace: await spaceOfNpy() })
      : gridFromJson(new TextDecoder().decode(bytes));
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
      wanted: `at most ${maximumWholeBytes} bytes of JSON or .npy`,
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
  if (step === undefined || tokenSpace.durations === 'spans') {
    if (sampleCount > 0) yield grid;
    return;
  }
  const grain = Math.ceil((grainSeconds * tokenSpace.sampleRateHz) / step) * step;
  const first = Math.floor(startSample / step) * step;
  for (let from = first; from < startSample + sampleCount; from += grain) {
    yield sliceGrid(grid, Math.max(from, startSample), Math.min(from + grain, startSample + sampleCount));
  }
}
