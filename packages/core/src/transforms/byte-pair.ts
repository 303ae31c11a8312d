import type { BytePairCoder } from '../byte-pairs/byte-pair-coder.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenTrack } from '../tokens/token-grid.ts';
import type { Codebook, TokenSpace } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { validateTokenSpace } from '../tokens/validate-token-space.ts';
import { cannotTransform, derivedSpace, spaceBefore, type TokenTransform } from './token-transform.ts';

export const bytePairName = 'byte-pair';

/**
 * Writes units that often follow each other as one token, by merges that were learnt before (`trainBytePairs`). Takes
 * spaces of one codebook: units, units whose repeats are merged, flattened codebooks.
 *
 * Each token keeps how many frames it spans in `durationsFrames`, where the units have a clock; where their repeats were
 * merged, the durations of its runs too. Its space names the merges by their hash: whoever inverts needs the grid and the
 * merges.
 *
 * Pieces of a stream, each written by itself and joined by `joinGrids`, are inverted to the whole exactly, but are not the
 * tokens of the whole: no token spans two pieces.
 */
export function bytePair(coder: BytePairCoder): TokenTransform {
  const { unitCount } = coder.merges;
  const transform: TokenTransform = {
    name: bytePairName,
    outputSpace(inputSpace) {
      validateTokenSpace(inputSpace);
      const { hopSamples } = checkInput(inputSpace, unitCount);
      const clock = hopSamples === undefined ? {} : { hopSamples };
      const spans = inputSpace.durations === 'runs' ? 'spans-of-runs' : 'spans';
      return derivedSpace(inputSpace, {
        transform: bytePairName,
        variant: coder.sha256.slice(0, 16),
        codebooks: [{ name: bytePairName, size: coder.vocabularySize, ...clock }],
        ...(hopSamples === undefined ? {} : { durations: spans }),
        settings: { mergesSha256: coder.sha256 },
      });
    },
    apply(grid) {
      const tokenSpace = transform.outputSpace(grid.tokenSpace);
      validateTokenGrid(grid);
      return { ...grid, tokenSpace, tracks: grid.tracks.map((track) => writeTrack(track, coder, tokenSpace)) };
    },
    invert(grid) {
      const tokenSpace = spaceBefore(transform, grid.tokenSpace);
      validateTokenGrid(grid);
      return { ...grid, tokenSpace, tracks: grid.tracks.map((track) => restoreTrack(track, coder, tokenSpace)) };
    },
  };
  return transform;
}

/** The one codebook of a space whose ids can be paired. */
function checkInput(space: TokenSpace, unitCount: number): Codebook {
  const [codebook, ...others] = space.codebooks as [Codebook, ...Codebook[]];
  if (others.length > 0) {
    throw cannotTransform(
      'Byte pairs are made in one stream of ids',
      `${space.codebooks.length} codebooks (${space.id})`,
      '1 codebook',
      'Flatten the grid first: all its codebooks, or the first one alone (codebookCount: 1)',
    );
  }
  if (space.durations !== undefined && space.durations !== 'runs') {
    throw cannotTransform(
      'Byte pairs are made of units',
      `ids that stand for several frames (${space.id})`,
      'ids of one frame, or merged repeats of them',
      'Undo the byte pairs that are there, and learn merges with a larger vocabulary',
    );
  }
  if (codebook.size === unitCount) return codebook;
  throw cannotTransform(
    'The merges are of other units',
    `a codebook of ${codebook.size} ids (${space.id})`,
    `${unitCount} ids`,
    'Use merges that were learnt of these units, or learn them with trainBytePairs',
  );
}

function writeTrack(
  { ids: units, durationsFrames: runs }: TokenTrack,
  coder: BytePairCoder,
  space: TokenSpace,
): TokenTrack {
  const ids = coder.encode(units);
  if (space.durations === undefined) return { ids };
  const durationsFrames = new Uint32Array(ids.length);
  let unit = 0;
  for (let i = 0; i < ids.length; i++) {
    const end = unit + coder.lengthOf(ids[i] as number);
    let frames = 0;
    for (; unit < end; unit++) frames += runs === undefined ? 1 : (runs[unit] as number);
    durationsFrames[i] = checkDuration(frames, space);
  }
  return runs === undefined ? { ids, durationsFrames } : { ids, durationsFrames, runDurationsFrames: runs.slice() };
}

function restoreTrack(track: TokenTrack, coder: BytePairCoder, spaceBefore: TokenSpace): TokenTrack {
  const { ids, durationsFrames, runDurationsFrames: runs } = track;
  const units = coder.decode(ids);
  if (durationsFrames === undefined) return { ids: units };
  let unit = 0;
  for (let i = 0; i < ids.length; i++) {
    const length = coder.lengthOf(ids[i] as number);
    const end = unit + length;
    let frames = 0;
    for (; unit < end; unit++) frames += runs === undefined ? 1 : (runs[unit] ?? 0);
    if (frames === durationsFrames[i]) continue;
    throw invalidTrack(
      `The token at ${i} does not last as long as its units`,
      `${durationsFrames[i]} frames`,
      `${frames} frames, of ${length} units`,
    );
  }
  return runs === undefined ? { ids: units } : joinRuns(units, runs, spaceBefore);
}

/** Runs as they are, but for those of one unit that two tokens of different pieces brought together. */
function joinRuns(units: Uint32Array, runs: Uint32Array, space: TokenSpace): TokenTrack {
  const [ids, durationsFrames] = [new Uint32Array(units.length), new Uint32Array(units.length)];
  let count = 0;
  for (let i = 0; i < units.length; i++) {
    const isNext = i === 0 || units[i] !== units[i - 1];
    const frames = (isNext ? 0 : (durationsFrames[count - 1] as number)) + (runs[i] as number);
    if (isNext) ids[count++] = units[i] as number;
    durationsFrames[count - 1] = checkDuration(frames, space);
  }
  return { ids: ids.slice(0, count), durationsFrames: durationsFrames.slice(0, count) };
}

/** Durations must fit 32 bits. */
function checkDuration(frames: number, space: TokenSpace): number {
  if (frames < 2 ** 32) return frames;
  throw invalidTrack(`A token of ${space.id} would last too long`, `${frames} frames`, 'fewer than 2^32');
}

function invalidTrack(problem: string, found: string, wanted: string): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Give the grid just as bytePair wrote it, with the same merges',
    details: { codebook: bytePairName },
  });
}
