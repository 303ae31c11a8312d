import { sampleCountOf } from '../../audio/audio-clip.ts';
import { trackFrameCounts } from '../../tokens/frame-clock.ts';
import { frameCountFor, type TokenGrid, type TokenTrack, trackFrameCount } from '../../tokens/token-grid.ts';
import { noClock } from '../codec-side.ts';
import { always, type ConformanceCheck } from '../conformance-check.ts';
import { type DetokenizerSide, outputSampleCount } from '../detokenizer-side.ts';
import { describeClip, differenceOfSpaces } from '../differences.ts';
import { expectSame, expectThat, expectTypedError } from '../expectations.ts';
import { copyGrid, idsByFrame, trackOf } from '../test-grids.ts';
import { expectGoodPart, expectGoodRate } from './specification.ts';

/** What only a detokenizer promises, beside what it shares with a tokenizer. */
export const detokenizerChecks: readonly ConformanceCheck<DetokenizerSide>[] = [
  {
    id: 'detokenizer/specification',
    title: 'Version, token space and audio format are well-formed',
    appliesTo: always,
    async run({ part }) {
      expectGoodPart(part);
      expectGoodRate('audioFormat', part.audioFormat);
    },
  },
  {
    id: 'detokenizer/token-space-identity',
    title: 'Every load names the same token space',
    appliesTo: always,
    async run(side) {
      const another = await side.another();
      expectSame(
        differenceOfSpaces(another.part.tokenSpace, side.part.tokenSpace),
        'A second load of the detokenizer has another token space',
      );
    },
  },
  {
    id: 'detokenizer/sample-counts',
    title: 'The audio has exactly the samples of the grid, at the rate and in the channels that are declared',
    appliesTo: ({ part }) => part.tokenSpace.codebooks.every(({ hopSamples }) => hopSamples !== undefined) || noClock,
    async run(side) {
      const { audioFormat, tokenSpace } = side.part;
      for (const length of [...side.lengths.boundary, ...side.lengths.odd, side.lengths.medium, side.lengths.long]) {
        const grid = await side.makeInput(length, 'sample counts');
        // A grid cut out of a longer one is detokenized like any other.
        for (const startSample of length === side.lengths.long ? [0] : [0, 3 * side.stepSamples]) {
          const clip = await side.call({ ...copyGrid(grid), startSample });
          const count = outputSampleCount(length, tokenSpace, audioFormat.sampleRateHz);
          const isRight =
            clip.sampleRateHz === audioFormat.sampleRateHz &&
            clip.channels.length === audioFormat.channelCount &&
            clip.channels.every((samples) => samples.length === count);
          expectThat(
            isRight,
            `The audio of a grid of ${length} samples from ${startSample} on has another shape`,
            () => ({
              found: describeClip(clip),
              wanted: `${audioFormat.channelCount} channels of ${count} samples at ${audioFormat.sampleRateHz} Hz`,
            }),
          );
        }
      }
    },
  },
  {
    id: 'detokenizer/finite-samples',
    title: 'Every sample is a finite number',
    appliesTo: always,
    async run(side) {
      const grid = await side.makeInput(side.lengths.medium, 'finite samples');
      for (const input of [grid, ...constantGrids(grid)]) {
        const clip = await side.call(input);
        for (const samples of clip.channels) {
          const bad = samples.findIndex((sample) => !Number.isFinite(sample));
          expectThat(bad === -1, 'A sample is not finite', () => ({
            found: `${samples[bad]} at sample ${bad} of ${sampleCountOf(clip)}`,
            wanted: 'finite numbers',
          }));
        }
      }
    },
  },
  {
    id: 'detokenizer/token-space-refused',
    title: 'A grid of another token space is refused with a typed error',
    appliesTo: always,
    async run(side) {
      const grid = await side.makeInput(side.lengths.period, 'token space refused');
      const foreign = { ...grid, tokenSpace: { ...grid.tokenSpace, id: `${grid.tokenSpace.id} of another make` } };
      await expectTypedError('token-space-mismatch', 'detokenize of a grid of another token space', () =>
        side.call(foreign),
      );
    },
  },
  {
    id: 'detokenizer/grid-refused',
    title: 'A grid that contradicts its token space is refused with a typed error',
    appliesTo: always,
    async run(side) {
      const grid = await side.makeInput(side.lengths.medium, 'grid refused');
      for (const [what, bad] of badGrids(grid)) {
        await expectTypedError('token-grid-invalid', `detokenize of ${what}`, () => side.call(bad));
      }
    },
  },
];

/** Grids that no detokenizer accepts, made from one that it does. */
export function badGrids(grid: TokenGrid): readonly (readonly [what: string, grid: TokenGrid])[] {
  const { codebooks } = grid.tokenSpace;
  const bad: (readonly [string, TokenGrid])[] = [
    ['a grid without tracks', { ...grid, tracks: [] }],
    [
      'a grid with more tracks than its space has codebooks',
      { ...grid, tracks: [...grid.tracks, ...grid.tracks].slice(0, codebooks.length + 1) },
    ],
  ];
  for (const k of new Set([0, grid.tracks.length - 1])) {
    const codebook = codebooks[k];
    if (codebook === undefined) continue;
    // The end of a recording may have no frame that could be wrong (`TokenSpace.windowSamples`).
    if (codebook.size < 2 ** 32 && grid.tracks[k]!.ids.length > 0) {
      const outside = copyGrid(grid);
      const { ids } = outside.tracks[k]!;
      ids[ids.length - 1] = codebook.size;
      bad.push([`a grid with the id ${codebook.size} in ${codebook.name} (size ${codebook.size})`, outside]);
    }
    if (codebook.hopSamples !== undefined) {
      const short = copyGrid(grid);
      // In windows, a frame less than the exact count is one that no stretch of this length has.
      const exact = trackFrameCounts(grid.tokenSpace, grid.sampleCount)?.exact[k];
      const frames = (exact ?? frameCountFor(grid.sampleCount, codebook.hopSamples)) - 1;
      if (frames < 0) continue;
      const cut = (track: TokenTrack): TokenTrack => trackOf(idsByFrame(track).slice(0, frames), grid.tokenSpace);
      const tracks = short.tracks.map((track, i) => (i === k ? cut(track) : track));
      bad.push([`a grid whose ${codebook.name} ends one frame before the audio does`, { ...short, tracks }]);
    }
  }
  return bad;
}

/** Every id the least, and every id the greatest. */
function constantGrids(grid: TokenGrid): readonly TokenGrid[] {
  return [0, 1].map((share) => {
    const tracks = grid.tracks.map((track, k) => {
      const id = share * ((grid.tokenSpace.codebooks[k]?.size ?? 1) - 1);
      return trackOf(new Uint32Array(trackFrameCount(track)).fill(id), grid.tokenSpace);
    });
    return { ...copyGrid(grid), tracks };
  });
}
