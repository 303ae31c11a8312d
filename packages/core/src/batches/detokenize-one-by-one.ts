import type { AudioClip } from '../audio/audio-clip.ts';
import type { DetokenizeOptions, SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { batchOneByOne } from './batch-one-by-one.ts';

/**
 * The `detokenizeBatch` of a detokenizer whose model takes one grid at a time: the mirror of `tokenizeOneByOne`.
 * @throws SpeechTokensError as `detokenize`, with `batchIndex`
 */
export async function detokenizeOneByOne(
  detokenizer: Pick<SpeechDetokenizerV1, 'tokenSpace' | 'detokenize'>,
  grids: readonly TokenGrid[],
  options: DetokenizeOptions = {},
): Promise<readonly AudioClip[]> {
  return batchOneByOne(grids, options, {
    stage: 'Detokenizing',
    check: (grid) => validateTokenGrid(grid, { tokenSpace: detokenizer.tokenSpace }),
    sampleCountOf: ({ sampleCount }) => sampleCount,
    call: (grid, callOptions) => detokenizer.detokenize(grid, callOptions),
  });
}
