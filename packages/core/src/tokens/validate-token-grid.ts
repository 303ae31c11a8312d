import { isUint32Array } from '../bytes/is-uint32-array.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { assertTokenSpace } from './compare-token-spaces.ts';
import { alignmentSamples, sideRows, trackFrameCounts } from './frame-clock.ts';
import { showValue } from './show-value.ts';
import { type SideTrack, type TokenGrid, type TokenTrack, trackFrameCount } from './token-grid.ts';
import type { Codebook, TokenSpace } from './token-space.ts';
import { validateTokenSpace } from './validate-token-space.ts';

export interface ValidateTokenGridOptions {
  /** The space that the grid must be of. */
  readonly tokenSpace?: TokenSpace;
  /** How many tracks it must have; any number from 1 where absent. */
  readonly codebookCount?: number;
}

/**
 * Checks that a grid keeps to its token space: sample counts are safe integers, the start is aligned, ids are in range,
 * durations fit their ids and are at least one frame, runs differ from their neighbours or add up to the spans that they
 * lie in, and tracks and side tracks cover the samples (see `TokenGrid.tracks`).
 * @throws SpeechTokensError `token-grid-invalid`, with the codebook where there is one
 * @throws SpeechTokensError `token-space-mismatch` where the grid is not of `options.tokenSpace`
 * @throws SpeechTokensError `argument-invalid` where the grid's token space is itself invalid
 */
export function validateTokenGrid(grid: TokenGrid, options: ValidateTokenGridOptions = {}): void {
  if (typeof grid !== 'object' || grid === null) throw invalid('This is no grid', showValue(grid), 'a TokenGrid');
  const { tokenSpace: space, startSample, sampleCount, tracks } = grid;
  validateTokenSpace(space);
  if (options.tokenSpace !== undefined) assertTokenSpace(space, options.tokenSpace);
  checkRange(grid, space);
  const { codebookCount } = options;
  if (!Array.isArray(tracks) || tracks.length < 1 || tracks.length > space.codebooks.length) {
    throw invalid('The number of tracks is wrong', showValue(tracks?.length), `1 to ${space.codebooks.length}`);
  }
  if (codebookCount !== undefined && tracks.length !== codebookCount) {
    throw invalid('The number of tracks is wrong', String(tracks.length), String(codebookCount));
  }
  for (const [index, given] of tracks.entries()) {
    const track = (given ?? {}) as TokenTrack;
    const codebook = space.codebooks[index] as Codebook;
    checkIds(track, codebook);
    checkDurations(track, codebook, space);
    checkRuns(track, codebook, space);
  }
  checkCover(tracks, space, sampleCount);
  checkSideTracks(grid.sideTracks ?? [], startSample, startSample + sampleCount);
}

function checkRange({ startSample, sampleCount }: TokenGrid, space: TokenSpace): void {
  for (const [name, value] of Object.entries({ startSample, sampleCount })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw invalid(`The grid's ${name} is no count of samples`, showValue(value), 'an integer of 0 to 2^53 - 1');
    }
  }
  if (!Number.isSafeInteger(startSample + sampleCount)) {
    throw invalid('The grid ends too late', `sample ${startSample + sampleCount}`, 'an end below 2^53');
  }
  const step = alignmentSamples(space);
  if (sampleCount > 0 && step !== undefined && startSample % step !== 0) {
    throw invalid('The grid does not start on a frame', `startSample ${startSample}`, `a multiple of ${step}`);
  }
}

function checkIds({ ids }: TokenTrack, { name, size }: Codebook): void {
  if (!isUint32Array(ids)) throw invalid('The ids are of the wrong type', typeName(ids), 'a Uint32Array', name);
  for (let i = 0; i < ids.length; i++) {
    if ((ids[i] as number) >= size) {
      throw invalid(`An id of codebook ${name} is out of range`, `${ids[i]} at ${i}`, `0 to ${size - 1}`, name);
    }
  }
}

function checkDurations({ ids, durationsFrames }: TokenTrack, { name }: Codebook, space: TokenSpace): void {
  if (space.durations === undefined) {
    if (durationsFrames === undefined) return;
    throw invalid(`Codebook ${name} has durations`, 'durationsFrames', 'none: its token space has none', name);
  }
  if (!isUint32Array(durationsFrames)) {
    throw invalid(`Codebook ${name} lacks durations`, typeName(durationsFrames), 'a Uint32Array', name);
  }
  if (durationsFrames.length !== ids.length) {
    throw invalid(
      `Codebook ${name} does not have a duration for each id`,
      `${durationsFrames.length} durations`,
      `${ids.length}`,
      name,
    );
  }
  const zero = durationsFrames.indexOf(0);
  if (zero >= 0) throw invalid(`A duration of codebook ${name} is empty`, `0 at ${zero}`, 'at least 1 frame', name);
  if (space.durations !== 'runs') return;
  for (let i = 1; i < ids.length; i++) {
    if (ids[i] === ids[i - 1]) {
      throw invalid(`Codebook ${name} is not merged`, `${ids[i]} at ${i - 1} and ${i}`, 'one id with their sum', name);
    }
  }
}

/** The runs of each id must add up to its duration. */
function checkRuns({ durationsFrames, runDurationsFrames: runs }: TokenTrack, { name }: Codebook, space: TokenSpace) {
  if (space.durations !== 'spans-of-runs') {
    if (runs === undefined) return;
    throw invalid(`Codebook ${name} has runs`, 'runDurationsFrames', 'none: its token space has none', name);
  }
  if (!isUint32Array(runs)) throw invalid(`Codebook ${name} lacks runs`, typeName(runs), 'a Uint32Array', name);
  const zero = runs.indexOf(0);
  if (zero >= 0) throw invalid(`A run of codebook ${name} is empty`, `0 at ${zero}`, 'at least 1 frame', name);
  let run = 0;
  for (const [index, duration] of (durationsFrames as Uint32Array).entries()) {
    let frames = 0;
    while (frames < duration && run < runs.length) frames += runs[run++] as number;
    if (frames === duration) continue;
    throw invalid(
      `The runs of codebook ${name} do not fit its ids`,
      `runs of ${frames} frames for the id at ${index}`,
      `${duration} frames`,
      name,
    );
  }
  if (run < runs.length) {
    throw invalid(`The runs of codebook ${name} do not fit its ids`, `${runs.length} runs`, `${run}`, name);
  }
}

function checkCover(tracks: readonly TokenTrack[], space: TokenSpace, sampleCount: number): void {
  const counts = trackFrameCounts(space, sampleCount);
  if (counts === undefined) return;
  const found = tracks.map(trackFrameCount);
  const fits = (wanted: readonly number[]) => found.every((count, index) => count === wanted[index]);
  if (fits(counts.exact) || fits(counts.padded)) return;
  // Names the first track that fits neither; where each fits one of them, they do not fit each other.
  const wrong = found.findIndex((count, index) => count !== counts.exact[index] && count !== counts.padded[index]);
  const codebook = space.codebooks[wrong];
  const exact = counts.exact.slice(0, found.length).join(', ');
  const padded = counts.padded.slice(0, found.length).join(', ');
  throw invalid(
    `The tracks do not cover the ${sampleCount} samples`,
    `${found.join(', ')} frames`,
    exact === padded ? exact : `${exact} (or all padded: ${padded})`,
    codebook?.name,
  );
}

function checkSideTracks(sideTracks: readonly SideTrack[], startSample: number, endSample: number): void {
  if (!Array.isArray(sideTracks)) throw invalid('The side tracks are wrong', showValue(sideTracks), 'a list');
  const names = new Set<string>();
  for (const given of sideTracks as readonly SideTrack[]) {
    const { name, hopSamples, valuesPerFrame, values } = (given ?? {}) as SideTrack;
    const subject = `The side track ${showValue(name)}`;
    if (typeof name !== 'string' || name === '' || names.has(name)) {
      throw invalid(`${subject} is badly named`, showValue(name), 'a name of its own, not empty');
    }
    names.add(name);
    for (const [field, value] of Object.entries({ hopSamples, valuesPerFrame })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw invalid(`${subject} is invalid in ${field}`, showValue(value), 'an integer of at least 1');
      }
    }
    if (Object.prototype.toString.call(values) !== '[object Float32Array]') {
      throw invalid(`${subject} has values of the wrong type`, typeName(values), 'a Float32Array');
    }
    const { rowCount } = sideRows(hopSamples, { startSample, endSample });
    if (values.length !== rowCount * valuesPerFrame) {
      throw invalid(
        `${subject} does not cover the samples`,
        `${values.length} values`,
        `${rowCount} rows of ${valuesPerFrame}`,
      );
    }
    const odd = values.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) throw invalid(`${subject} holds a value that is not finite`, `${values[odd]} at ${odd}`, 'numbers');
  }
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function invalid(
  problem: string,
  found: string,
  wanted: string,
  codebook?: string,
): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Correct the program that made the grid, or make the tokens again',
    details: codebook === undefined ? {} : { codebook },
  });
}
