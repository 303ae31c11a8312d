import { sampleCountOf } from '../../audio/audio-clip.ts';
import { always, type ConformanceCheck } from '../conformance-check.ts';
import { type DetokenizerSide, outputSampleCount } from '../detokenizer-side.ts';
import { describeClip, differenceOfClips, differenceOfSpaces } from '../differences.ts';
import { expectSame, expectThat } from '../expectations.ts';
import { plainChunkingOf, streamingOf, withSession } from '../streaming-runs.ts';
import { copyClip, type TokenizerSide } from '../tokenizer-side.ts';

/** A tokenizer and the detokenizer of its tokens. */
export interface PairSide {
  readonly tokenizer: TokenizerSide;
  readonly detokenizer: DetokenizerSide;
}

export const pairChecks: readonly ConformanceCheck<PairSide>[] = [
  {
    id: 'pair/token-spaces-equal',
    title: 'Both parts describe the same token space',
    appliesTo: always,
    async run({ tokenizer, detokenizer }) {
      expectSame(
        differenceOfSpaces(detokenizer.part.tokenSpace, tokenizer.part.tokenSpace),
        'The token space of the detokenizer differs from that of the tokenizer',
      );
    },
  },
  {
    id: 'pair/round-trip',
    title: 'Audio comes back with its own length, and can be tokenized again',
    appliesTo: always,
    async run({ tokenizer, detokenizer }) {
      const { boundary, medium } = tokenizer.lengths;
      const { audioFormat, tokenSpace } = detokenizer.part;
      const made = [...boundary, medium].map((length) => tokenizer.makeInput(length, 'round trip'));
      const canGoAround =
        audioFormat.sampleRateHz === tokenizer.part.audioFormat.sampleRateHz &&
        audioFormat.channelCount === tokenizer.part.audioFormat.channelCount;
      for (const clip of [...(await Promise.all(made)), ...tokenizer.extraInputs]) {
        const length = sampleCountOf(clip);
        const back = await detokenizer.call(await tokenizer.call(copyClip(clip)));
        const count = outputSampleCount(length, tokenSpace, audioFormat.sampleRateHz);
        expectThat(sampleCountOf(back) === count, `A clip of ${length} samples comes back with another length`, () => ({
          found: describeClip(back),
          wanted: `${count} samples at ${audioFormat.sampleRateHz} Hz`,
        }));
        if (!canGoAround) continue;
        const again = await tokenizer.call(back);
        expectThat(
          again.sampleCount === length,
          `The decoded audio of ${length} samples, tokenized again, differs in length`,
          () => ({
            found: `${again.sampleCount}`,
            wanted: `${length}`,
          }),
        );
      }
    },
  },
  {
    id: 'pair/streams-through',
    title: 'What a tokenizer stream gives, piece by piece, is what a detokenizer stream takes',
    appliesTo({ tokenizer, detokenizer }) {
      if (tokenizer.streaming === undefined) return 'the tokenizer has no streaming side';
      if (detokenizer.streaming === undefined) return 'the detokenizer has no streaming side';
      return true;
    },
    async run({ tokenizer, detokenizer }) {
      const clip = await tokenizer.makeInput(tokenizer.lengths.medium, 'streams through');
      const wanted = await detokenizer.call(await tokenizer.call(copyClip(clip)));
      const decoding = await streamingOf(detokenizer).open();
      const chunks = await withSession(tokenizer, async (session) => {
        const grids = [];
        let start = 0;
        for (const end of plainChunkingOf(tokenizer, clip)) {
          grids.push(...(await session.push(tokenizer.pieceOf(clip, start, end))));
          start = end;
        }
        grids.push(...(await session.flush()));
        const decoded = [];
        for (const grid of grids) decoded.push(...(await decoding.push(grid)));
        decoded.push(...(await decoding.flush()));
        return decoded;
      });
      await decoding.close();
      expectSame(
        differenceOfClips(detokenizer.joinOutputs(chunks), wanted),
        'Audio that was streamed through both differs from whole calls of both',
      );
    },
  },
];
