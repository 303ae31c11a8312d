import { emptyGrid, joinGrids, SpeechTokensError, type TokenFileSource, type TokenGrid } from '@speech-tokens/core';
import type { CliContext } from '../context.ts';
import { gather } from '../streams/through-session.ts';
import { openInput } from './input-source.ts';
import { sniffInput } from './sniff-input.ts';
import { openTokens } from './token-input.ts';

/** All tokens of a file. */
export interface WholeTokens {
  readonly grid: TokenGrid;
  /** The recording that they were made from, as far as the file says. */
  readonly source: TokenFileSource;
}

/**
 * Reads a token file whole, for what needs all of a recording at once. Files that do not say whose tokens they hold are
 * refused.
 * @throws SpeechTokensError `file-read`, `token-file-invalid`, `argument-invalid`
 */
export async function readWholeTokens(context: CliContext, argument: string): Promise<WholeTokens> {
  const { signal } = context;
  const input = await openInput(context, argument);
  try {
    const kind = await sniffInput(input, signal);
    if (kind === 'audio') throw notTokens(argument);
    const tokens = await openTokens(input, kind, signal, {
      ofNpy: async () => {
        throw unnamedTokens(argument);
      },
      ofEcdc: async (listed) => listed,
    });
    const { tokenSpace, codebookCount, startSample, source } = tokens;
    const grids = await gather(tokens.grids());
    const grid = grids.length === 0 ? { ...emptyGrid(tokenSpace, codebookCount), startSample } : joinGrids(grids);
    return { grid, source };
  } finally {
    await input.close();
  }
}

export function notTokens(name: string): SpeechTokensError<'token-file-invalid'> {
  return new SpeechTokensError('token-file-invalid', {
    problem: `${name} is not a token file`,
    found: 'something that begins like no token file',
    wanted: '.safetensors, .json, .npy or .ecdc, as `speech-tokens tokenize` writes them',
    remedy: 'Make tokens of a recording first: speech-tokens tokenize FILE',
    details: { path: name },
  });
}

function unnamedTokens(name: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `${name} is a .npy file, which does not say whose tokens it holds`,
    found: 'ids alone',
    wanted: '.safetensors or .json',
    remedy: 'Make the tokens again with --format safetensors',
    details: { argument: 'tokens' },
  });
}

/** For commands that take the missing facts from an option. */
export function npyWithoutTokenizer(name: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `${name} is a .npy file, which does not say whose tokens it holds`,
    found: 'no --tokenizer',
    wanted: '--tokenizer ID',
    remedy: 'Add --tokenizer with the id that they were made with; `speech-tokens tokenizers` lists them',
    details: { argument: 'tokenizer' },
  });
}
