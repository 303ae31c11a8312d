import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenGrid } from './token-grid.ts';

/**
 * The grid with its first `codebookCount` codebooks only. Tracks are shared with the given grid, not copied.
 * Whether it can be decoded is for the space to say (`prefixDecodable`).
 * @throws SpeechTokensError `argument-invalid` where the grid does not have that many
 */
export function takeCodebooks(grid: TokenGrid, codebookCount: number): TokenGrid {
  const available = grid.tracks.length;
  if (!Number.isInteger(codebookCount) || codebookCount < 1 || codebookCount > available) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The grid does not have that many codebooks',
      found: String(codebookCount),
      wanted: `1 to ${available}`,
      remedy: 'Ask for fewer codebooks, or make the tokens again with more',
      details: { argument: 'codebookCount' },
    });
  }
  return codebookCount === available ? grid : { ...grid, tracks: grid.tracks.slice(0, codebookCount) };
}
