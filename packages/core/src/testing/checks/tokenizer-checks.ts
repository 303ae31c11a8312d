import { type AudioClip, sampleCountOf } from '../../audio/audio-clip.ts';
import type { TokenGrid } from '../../tokens/token-grid.ts';
import { validateTokenGrid } from '../../tokens/validate-token-grid.ts';
import { always, type CheckContext, type ConformanceCheck } from '../conformance-check.ts';
import { differenceOfGrids, differenceOfSpaces } from '../differences.ts';
import { expectSame, expectThat, expectTypedError } from '../expectations.ts';
import { makePureClip, signalKinds } from '../test-audio.ts';
import { copyClip, type TokenizerSide } from '../tokenizer-side.ts';
import { expectGoodPart, expectGoodRate } from './specification.ts';

/** What only a tokenizer promises, beside what it shares with a detokenizer. */
export const tokenizerChecks: readonly ConformanceCheck<TokenizerSide>[] = [
  {
    id: 'tokenizer/specification',
    title: 'Version, token space and audio format are well-formed',
    appliesTo: always,
    async run({ part }) {
      expectGoodPart(part);
      expectGoodRate('audioFormat', part.audioFormat);
      expectThat(
        part.audioFormat.sampleRateHz === part.tokenSpace.sampleRateHz,
        'A tokenizer takes audio on the clock of its token space',
        () => ({
          found: `audio at ${part.audioFormat.sampleRateHz} Hz and a token space at ${part.tokenSpace.sampleRateHz} Hz`,
          wanted: 'one sample rate',
        }),
      );
    },
  },
  {
    id: 'tokenizer/token-space-identity',
    title: 'Every load and every grid names the same token space',
    appliesTo: always,
    async run(side) {
      const another = await side.another();
      expectSame(
        differenceOfSpaces(another.part.tokenSpace, side.part.tokenSpace),
        'A second load of the tokenizer has another token space',
      );
      const grid = await side.call(await side.makeInput(side.lengths.medium, 'token space identity'));
      expectSame(
        differenceOfSpaces(grid.tokenSpace, side.part.tokenSpace),
        'A grid names another token space than its tokenizer',
      );
    },
  },
  {
    id: 'tokenizer/sample-counts',
    title: 'A grid covers exactly the clip, whatever its length',
    appliesTo: always,
    async run(side) {
      const lengths = [...side.lengths.boundary, ...side.lengths.odd, side.lengths.medium, side.lengths.long];
      const clips = await Promise.all(lengths.map((length) => side.makeInput(length, 'sample counts')));
      for (const clip of [...clips, ...side.extraInputs]) {
        expectExactCover(side, await side.call(copyClip(clip)), sampleCountOf(clip));
      }
    },
  },
  {
    id: 'tokenizer/valid-grids',
    title: 'A grid keeps to its token space for every kind of sound: ids in range, durations, side tracks',
    appliesTo: always,
    async run(side, context) {
      for (const clip of pureClips(side, context)) validateTokenGrid(await side.call(clip));
    },
  },
  {
    id: 'tokenizer/plain-data',
    title: 'A grid is plain data: it survives structuredClone',
    appliesTo: always,
    async run(side) {
      const grid = await side.call(await side.makeInput(side.lengths.medium, 'plain data'));
      let clone: TokenGrid | undefined;
      let thrown: unknown;
      try {
        clone = structuredClone(grid);
      } catch (error) {
        thrown = error;
      }
      expectThat(clone !== undefined, 'A grid cannot be cloned', () => ({
        found: String(thrown),
        wanted: 'plain data',
      }));
      if (clone === undefined) return;
      expectThat(
        typeof clone.sampleCount === 'number' && Array.isArray(clone.tracks),
        'A grid loses fields when it is cloned',
        () => ({
          found: `fields ${Object.keys(clone).join(', ')}`,
          wanted: 'every field as an own property',
        }),
      );
      expectSame(differenceOfGrids(clone, grid), 'A grid changes when it is cloned');
    },
  },
  {
    id: 'tokenizer/audio-format-refused',
    title: 'Audio in another format, or with values that are not finite, is refused with a typed error',
    appliesTo: always,
    async run(side) {
      const clip = await side.makeInput(side.lengths.medium, 'audio format refused');
      for (const [what, bad] of badClips(clip)) {
        await expectTypedError('audio-format', `tokenize of ${what}`, () => side.call(bad));
      }
    },
  },
];

/** Clips that no tokenizer accepts, made from one that it does. */
export function badClips(clip: AudioClip): readonly (readonly [what: string, clip: AudioClip])[] {
  const { sampleRateHz, channels } = clip;
  const [first = new Float32Array(0)] = channels;
  const bad: (readonly [string, AudioClip])[] = [
    [`a clip at ${sampleRateHz + 1} Hz`, { sampleRateHz: sampleRateHz + 1, channels }],
    ['a clip with one channel too many', { sampleRateHz, channels: [...channels, first] }],
    ['a clip without channels', { sampleRateHz, channels: [] }],
  ];
  if (channels.length > 1) {
    const unequal = channels.map((samples, channel) => samples.subarray(channel === 0 ? 1 : 0));
    bad.push(['a clip with channels of unequal length', { sampleRateHz, channels: unequal }]);
  }
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const [where, position] of [
      ['first', 0],
      ['last', first.length - 1],
    ] as const) {
      const copy = copyClip(clip);
      const samples = copy.channels[copy.channels.length - 1];
      if (samples) samples[position] = value;
      bad.push([`a clip whose ${where} sample is ${value}`, copy]);
    }
  }
  return bad;
}

/** The grid has exactly this many samples from 0 on, and frames for all of them. */
function expectExactCover(side: TokenizerSide, grid: TokenGrid, sampleCount: number): void {
  const problem = `The grid of a clip of ${sampleCount} samples`;
  expectThat(grid.startSample === 0 && grid.sampleCount === sampleCount, `${problem} covers another stretch`, () => ({
    found: `startSample ${grid.startSample}, sampleCount ${grid.sampleCount}`,
    wanted: `0 and ${sampleCount}`,
  }));
  validateTokenGrid(grid, { codebookCount: side.part.tokenSpace.codebooks.length });
}

function pureClips(side: TokenizerSide, { random }: CheckContext): readonly AudioClip[] {
  return signalKinds.map((kind) => makePureClip(kind, side.part.audioFormat, side.lengths.medium, random.fork(kind)));
}
