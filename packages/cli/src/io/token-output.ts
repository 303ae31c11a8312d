import { writeEcdc } from '@speech-tokens/codec-rvq/ecdc';
import {
  createTokenFileWriter,
  emptyGrid,
  gridToJsonText,
  gridToNpy,
  joinGrids,
  type TokenFileSource,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import { writeFileAtomically, writeTokenFile } from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';
import { cliVersion } from '../version.ts';
import { standardStream } from './output-paths.ts';

export const tokenFormats = ['safetensors', 'json', 'npy', 'ecdc'] as const;

export type TokenFormat = (typeof tokenFormats)[number];

export interface TokenOutputOptions {
  readonly tokenSpace: TokenSpace;
  readonly codebookCount: number;
  readonly source: TokenFileSource;
}

/**
 * Writes grids as they come to a path, or to standard output (`-`). A file appears only when it is whole.
 * @throws SpeechTokensError `file-write`; `argument-invalid` for tokens that the format does not hold; what `grids` throws, as it is
 */
export async function writeTokens(
  context: CliContext,
  output: string,
  format: TokenFormat,
  grids: AsyncIterable<TokenGrid>,
  options: TokenOutputOptions,
): Promise<void> {
  const { signal } = context;
  const generator = `speech-tokens ${cliVersion()}`;
  const toOutput = { write: (bytes: Uint8Array) => context.write(bytes) };
  if (format === 'safetensors') {
    if (output !== standardStream) {
      await writeTokenFile(output, grids, { ...options, generator, signal });
      return;
    }
    const writer = createTokenFileWriter({ ...options, generator });
    for await (const grid of grids) writer.append(grid);
    await writer.writeTo(toOutput, { signal });
    return;
  }
  const empty = emptyGrid(options.tokenSpace, options.codebookCount);
  // Says at once when tokens of this space have no place in such a file.
  if (format === 'ecdc') writeEcdc(empty);
  const whole: TokenGrid[] = [empty];
  for await (const grid of grids) whole.push(grid);
  const grid = joinGrids(whole.length > 1 ? whole.slice(1) : whole);
  const pieces = { npy: gridToNpy, ecdc: ecdcPieces, json: jsonPieces }[format](grid, generator);
  const writeAll = async (sink: typeof toOutput): Promise<void> => {
    for (const piece of pieces) {
      signal.throwIfAborted();
      await sink.write(piece);
    }
  };
  if (output === standardStream) await writeAll(toOutput);
  else await writeFileAtomically(output, writeAll);
}

function* jsonPieces(grid: TokenGrid, generator: string): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const text of gridToJsonText(grid, { generator })) yield encoder.encode(text);
}

function ecdcPieces(grid: TokenGrid): readonly Uint8Array[] {
  return [writeEcdc(grid)];
}
