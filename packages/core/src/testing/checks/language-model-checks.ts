import type { SpeechLanguageModelV0 } from '../../contract/speech-language-model.ts';
import { always, type ConformanceCheck, ConformanceFailure } from '../conformance-check.ts';
import { expectSame, expectThat } from '../expectations.ts';
import {
  differenceOfSaid,
  goOn,
  type LanguageModelSide,
  mostProbable,
  relativeDistance,
  type Said,
} from '../language-model-side.ts';

/** Rows that most checks begin with, and steps that follow. */
export const promptSteps = 3;
export const stepsAfter = 3;

/** Rounding may differ with the number of rows that are read at once, by far more in few bits than in float32. */
const roundingShare = 0.1;

/** What a model says it is, and what it makes of rows. */
export const languageModelChecks: readonly ConformanceCheck<LanguageModelSide>[] = [
  {
    id: 'language-model/specification',
    title: 'The model is of a version that is known, with streams of which it chooses at least one',
    appliesTo: always,
    async run({ model }) {
      const { specificationVersion, streams, contextSteps } = model;
      expectThat(specificationVersion === 'v0', 'The specification version is not one that this kit knows', () => ({
        found: String(specificationVersion),
        wanted: 'v0',
      }));
      for (const { name, role, vocabularySize } of streams) {
        const isGood =
          typeof name === 'string' &&
          name !== '' &&
          ['in', 'out', 'forced'].includes(role) &&
          Number.isInteger(vocabularySize) &&
          vocabularySize > 0;
        expectThat(isGood, 'A stream is not well-formed', () => ({
          found: JSON.stringify({ name, role, vocabularySize }),
          wanted: 'a name, a role of in, out and forced, and a vocabulary of one id or more',
        }));
      }
      expectThat(outStreams(model).length > 0, 'A model needs a stream that it chooses', () => ({
        found: `${streams.length} streams, none of them out`,
        wanted: 'a stream whose role is out',
      }));
      const fits = contextSteps === Number.POSITIVE_INFINITY || Number.isInteger(contextSteps);
      expectThat(fits && contextSteps > promptSteps + stepsAfter, 'The context is not well-formed', () => ({
        found: `${contextSteps} steps`,
        wanted: `an integer above ${promptSteps + stepsAfter}, or Infinity`,
      }));
    },
  },
  {
    id: 'language-model/choices',
    title: 'Each stream that is out is asked for once, in order, with logits of its ids; without choose none is',
    appliesTo: always,
    async run({ model, makeRows }) {
      const session = await model.open();
      const rows = makeRows(promptSteps, 'choices');
      const asked: number[] = [];
      const sizes: number[] = [];
      let odd: number | undefined;
      const given = await session.step(rows, ({ stream }, logits) => {
        asked.push(stream);
        sizes.push(logits.length);
        odd ??= logits.find((logit) => !(logit < Number.POSITIVE_INFINITY));
        return mostProbable(logits.subarray(0, model.streams[stream]!.vocabularySize));
      });
      const wanted = outStreams(model);
      expectThat(asked.join() === wanted.join(), 'Other streams were asked for', () => ({
        found: `streams ${asked.join()}`,
        wanted: `streams ${wanted.join()}, those that are out`,
      }));
      for (const [i, stream] of wanted.entries()) {
        const [size, { name, vocabularySize }] = [sizes[i]!, model.streams[stream]!];
        expectThat(
          size > 0 && size <= vocabularySize,
          `The number of logits of ${name} is not that of its ids`,
          () => ({
            found: String(size),
            wanted: `1 to ${vocabularySize}`,
          }),
        );
      }
      expectThat(odd === undefined, 'A logit is no number', () => ({
        found: String(odd),
        wanted: 'numbers, or -Infinity for an id that may not come',
      }));
      expectOnlyChosen(given, model, wanted);
      expectOnlyChosen(await session.step(makeRows(1, 'choices, one more')), model, []);
      expectSteps(session.stepCount, promptSteps + 1);
      await session.close();
    },
  },
  {
    id: 'language-model/deterministic',
    title: 'New sessions that read the same rows say the same, bit for bit',
    appliesTo: always,
    async run(side) {
      const wanted = await sayOnce(side, 'deterministic');
      for (let repetition = 0; repetition < 2; repetition++) {
        const problem = 'A session that reads the same rows says something else';
        expectSame(differenceOfSaid(await sayOnce(side, 'deterministic'), wanted), problem);
      }
    },
  },
  {
    id: 'language-model/rows-at-once',
    title: 'Rows that are read at once and rows that are read one by one come to the same, up to rounding',
    appliesTo: always,
    async run({ model, makeRows }) {
      const rows = makeRows(promptSteps, 'rows at once');
      const width = model.streams.length;
      const atOnce = await withSession(model, (session) => goOn(session, rows, 1));
      const oneByOne = await withSession(model, async (session) => {
        for (let step = 0; step + 1 < promptSteps; step++) {
          await session.step(rows.slice(step * width, (step + 1) * width));
        }
        return goOn(session, rows.subarray((promptSteps - 1) * width), 1);
      });
      // What is chosen after the first stream follows from the ids before, which rounding may change.
      const [found, wanted] = [oneByOne.choices[0]!.logits, atOnce.choices[0]!.logits];
      const distance = relativeDistance(found, wanted);
      expectThat(distance <= roundingShare, 'Rows that are read one by one come to something else', () => ({
        found: `logits that are off by ${distance.toFixed(2)} of their spread`,
        wanted: `at most ${roundingShare}`,
      }));
    },
  },
  {
    id: 'language-model/rows-kept',
    title: 'The rows that are given are left as they are',
    appliesTo: always,
    async run({ model, makeRows }) {
      const rows = makeRows(promptSteps, 'rows kept');
      const before = rows.join(' ');
      await withSession(model, (session) => session.step(rows, (_slot, logits) => mostProbable(logits)));
      expectThat(rows.join(' ') === before, 'A step has written to the rows that it was given', () => ({
        found: rows.join(' '),
        wanted: before,
      }));
    },
  },
];

/** Opens a session, hands it over, and closes it. */
export async function withSession<Result>(
  model: SpeechLanguageModelV0,
  use: (session: Awaited<ReturnType<SpeechLanguageModelV0['open']>>) => Promise<Result>,
): Promise<Result> {
  const session = await model.open();
  const result = await use(session);
  await session.close();
  return result;
}

/** A new session reads some rows and goes on. */
export function sayOnce({ model, makeRows }: LanguageModelSide, label: string): Promise<Said> {
  return withSession(model, (session) => goOn(session, makeRows(promptSteps, label), stepsAfter));
}

export function expectSteps(found: number, wanted: number): void {
  expectThat(found === wanted, 'The session counts other steps than were made', () => ({
    found: `stepCount ${found}`,
    wanted: String(wanted),
  }));
}

function outStreams({ streams }: SpeechLanguageModelV0): readonly number[] {
  return streams.flatMap(({ role }, stream) => (role === 'out' ? [stream] : []));
}

function expectOnlyChosen(row: Int32Array, { streams }: SpeechLanguageModelV0, chosen: readonly number[]): void {
  const isGood = row.length === streams.length && row.every((id, stream) => (id === -1) === !chosen.includes(stream));
  if (isGood) return;
  throw new ConformanceFailure('A step gives other ids than were chosen', {
    found: row.join(' '),
    wanted: `${streams.length} ids, those of streams ${chosen.join(', ') || 'none'} as they were chosen, else -1`,
  });
}
