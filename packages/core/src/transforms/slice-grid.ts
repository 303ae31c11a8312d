import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { alignmentSamples, framesBefore, type SampleRange, type Stretch, sideRows } from '../tokens/frame-clock.ts';
import { emptyTrack, type SideTrack, type TokenGrid, type TokenTrack } from '../tokens/token-grid.ts';
import { type Codebook, hasSpans } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';

/**
 * The part of a grid from `startSample` to `endSample` (exclusive; in samples of the stream, as `grid.startSample` is).
 * Both lie within the grid, on multiples of `alignmentSamples` or on its end; see `alignRangeOutward`. A run that spans
 * a cut is split. Nothing is shared with the given grid.
 * @throws SpeechTokensError `argument-invalid` for a range that is not so, for a cut within a span that cannot be split,
 * and for a space without a clock
 * @throws SpeechTokensError `token-grid-invalid`
 */
export function sliceGrid(grid: TokenGrid, startSample: number, endSample: number): TokenGrid {
  validateTokenGrid(grid);
  const range = { startSample, endSample };
  checkCut(grid, range);
  const { tokenSpace } = grid;
  const gridEnd = grid.startSample + grid.sampleCount;
  const tracks = grid.tracks.map((track, index) => {
    const codebook = tokenSpace.codebooks[index] as Codebook;
    // At the grid's own end the last frame belongs to the slice in whole, and so does any padding.
    const from = startSample === gridEnd ? Number.POSITIVE_INFINITY : framesBefore(grid, index, startSample);
    const to = endSample === gridEnd ? Number.POSITIVE_INFINITY : framesBefore(grid, index, endSample);
    const empty = startSample === endSample;
    if (empty) return emptyTrack(tokenSpace);
    if (track.durationsFrames === undefined) return { ids: track.ids.slice(from, to) };
    return cutDurations(track, from, to, hasSpans(tokenSpace) ? codebook.name : undefined);
  });
  const { sideTracks } = grid;
  return {
    tokenSpace,
    startSample,
    sampleCount: endSample - startSample,
    tracks,
    ...(sideTracks === undefined ? {} : { sideTracks: sideTracks.map((side) => sliceSideTrack(side, grid, range)) }),
  };
}

/** Checks that a range can be cut out of a stretch. Errors as `sliceGrid`. */
export function checkCut({ tokenSpace, startSample, sampleCount }: Stretch, range: SampleRange): void {
  const endSample = startSample + sampleCount;
  const clockless = tokenSpace.codebooks.find((codebook) => codebook.hopSamples === undefined);
  if (clockless !== undefined) {
    if (range.startSample === startSample && range.endSample === endSample && sampleCount > 0) return;
    throw invalidRange(
      'Tokens without a clock cannot be cut by time',
      `codebook ${clockless.name} without a hop`,
      'codebooks with hops',
      'Undo the transform that took the clock away, and cut then',
    );
  }
  const inside =
    startSample <= range.startSample && range.startSample <= range.endSample && range.endSample <= endSample;
  if (!inside || !Number.isSafeInteger(range.startSample) || !Number.isSafeInteger(range.endSample)) {
    throw invalidRange(
      'The range is not within the tokens',
      `samples ${range.startSample} to ${range.endSample}`,
      `a range within ${startSample} to ${endSample}`,
      'Give a range within the tokens, the start first',
    );
  }
  const step = alignmentSamples(tokenSpace) as number;
  for (const sample of [range.startSample, range.endSample]) {
    if (sample === endSample || sample % step === 0) continue;
    throw invalidRange(
      'The range cuts through a frame',
      `sample ${sample}`,
      `a multiple of ${step}, or the end (${endSample})`,
      'Round it outward with alignRangeOutward',
    );
  }
}

/**
 * The frames [from, to) of a track with durations; `unsplittable` names the codebook where ids must stay whole, and
 * with them the runs that they stand for.
 */
function cutDurations(
  { ids, durationsFrames, runDurationsFrames }: TokenTrack,
  from: number,
  to: number,
  unsplittable: string | undefined,
): TokenTrack {
  const durations = durationsFrames as Uint32Array;
  let frame = 0;
  let index = 0;
  while (index < ids.length && frame + (durations[index] as number) <= from) frame += durations[index++] as number;
  const first = index;
  const firstFrame = frame;
  while (index < ids.length && frame < to) frame += durations[index++] as number;
  const cut = { ids: ids.slice(first, index), durationsFrames: durations.slice(first, index) };
  const startsWithin = firstFrame < from && cut.ids.length > 0;
  const endsWithin = frame > to;
  if (unsplittable !== undefined && (startsWithin || endsWithin)) {
    throw invalidRange(
      `The range cuts through a token of codebook ${unsplittable} that spans several frames`,
      `frames ${firstFrame} to ${frame}`,
      `frames ${from} to ${to}`,
      'Undo the transform that made such tokens, and cut then',
    );
  }
  const lengths = cut.durationsFrames;
  if (endsWithin) lengths[lengths.length - 1] = (lengths.at(-1) as number) - (frame - to);
  if (startsWithin) lengths[0] = (lengths[0] as number) - (from - firstFrame);
  if (runDurationsFrames === undefined) return cut;
  return { ...cut, runDurationsFrames: wholeRuns(runDurationsFrames, from, to) };
}

/** The runs in the frames [from, to), which cut none of them. */
function wholeRuns(runs: Uint32Array, from: number, to: number): Uint32Array {
  let frame = 0;
  let index = 0;
  while (index < runs.length && frame < from) frame += runs[index++] as number;
  const first = index;
  while (index < runs.length && frame < to) frame += runs[index++] as number;
  return runs.slice(first, index);
}

function sliceSideTrack(side: SideTrack, grid: TokenGrid, range: SampleRange): SideTrack {
  const { hopSamples, valuesPerFrame } = side;
  const { firstRow: gridFirstRow } = sideRows(hopSamples, { ...range, startSample: grid.startSample });
  const { firstRow, rowCount } = sideRows(hopSamples, range);
  const start = (firstRow - gridFirstRow) * valuesPerFrame;
  return { ...side, values: side.values.slice(start, start + rowCount * valuesPerFrame) };
}

function invalidRange(
  problem: string,
  found: string,
  wanted: string,
  remedy: string,
): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument: 'range' } });
}
