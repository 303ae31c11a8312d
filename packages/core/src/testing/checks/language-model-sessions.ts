import type { LanguageModelSession } from '../../contract/speech-language-model.ts';
import { expectAbortAt } from '../aborts.ts';
import { always, type ConformanceCheck } from '../conformance-check.ts';
import { expectReason, expectSame, expectTypedError, settle, turnsTaken } from '../expectations.ts';
import { differenceOfSaid, goOn, type LanguageModelSide, mostProbable } from '../language-model-side.ts';
import { expectSteps, promptSteps, sayOnce, stepsAfter, withSession } from './language-model-checks.ts';

/** More ids at once would take memory that says nothing of the model. */
const mostIdsAtOnce = 2 ** 22;

/** How sessions go back, part, stop and end. */
export const languageModelSessionChecks: readonly ConformanceCheck<LanguageModelSide>[] = [
  {
    id: 'language-model-session/rollback',
    title: 'What was rolled back is as if it had never been read',
    appliesTo: always,
    async run(side) {
      const wanted = await sayOnce(side, 'rollback');
      await withSession(side.model, async (session) => {
        const rows = side.makeRows(promptSteps, 'rollback');
        await goOn(session, rows, stepsAfter);
        await goOn(session, side.makeRows(2, 'taken back'), 1);
        await session.rollback(0);
        expectSteps(session.stepCount, 0);
        const again = await goOn(session, rows, stepsAfter);
        expectSame(differenceOfSaid(again, wanted), 'After a rollback to the start a session differs from a new one');

        await session.rollback(promptSteps);
        expectSteps(session.stepCount, promptSteps);
        const rest = await goOn(session, wanted.rows[0]!, stepsAfter - 1);
        const tail = { rows: wanted.rows.slice(1), choices: wanted.choices.slice(wanted.choices.length / stepsAfter) };
        expectSame(differenceOfSaid(rest, tail), 'After a rollback into its middle a session goes on otherwise');
      });
    },
  },
  {
    id: 'language-model-session/fork',
    title: 'A fork has the same past, and neither disturbs the other',
    appliesTo: always,
    async run(side) {
      const wanted = await sayOnce(side, 'fork');
      const session = await side.model.open();
      const first = await goOn(session, side.makeRows(promptSteps, 'fork'), 1);
      const fork = await session.fork();
      expectSteps(fork.stepCount, promptSteps);
      const elsewhere = await session.fork();
      await goOn(elsewhere, side.makeRows(2, 'elsewhere'), 1);
      const [ofSession, ofFork] = [
        await goOn(session, first.rows[0]!, stepsAfter - 1),
        await goOn(fork, first.rows[0]!, stepsAfter - 1),
      ];
      for (const [said, whose] of [
        [ofSession, 'A session that was forked goes on otherwise'],
        [ofFork, 'A fork goes on otherwise than its session'],
      ] as const) {
        const whole = { rows: [...first.rows, ...said.rows], choices: [...first.choices, ...said.choices] };
        expectSame(differenceOfSaid(whole, wanted), whose);
      }
      await Promise.all([session.close(), fork.close(), elsewhere.close()]);
    },
  },
  {
    id: 'language-model-session/apart',
    title: 'Sessions that take turns do not disturb each other',
    appliesTo: always,
    async run(side) {
      const wanted = await sayOnce(side, 'apart');
      const [one, other] = [await side.model.open(), await side.model.open()];
      const first = await goOn(one, side.makeRows(promptSteps, 'apart'), 1);
      await goOn(other, side.makeRows(promptSteps, 'between'), 1);
      const rest = await goOn(one, first.rows[0]!, stepsAfter - 1);
      await Promise.all([one.close(), other.close()]);
      const whole = { rows: [...first.rows, ...rest.rows], choices: [...first.choices, ...rest.choices] };
      expectSame(differenceOfSaid(whole, wanted), 'A session goes on otherwise where another one stepped meanwhile');
    },
  },
  {
    id: 'language-model-session/calls-in-order',
    title: 'Calls that are not awaited run in the order in which they were made',
    appliesTo: always,
    async run(side) {
      const [rows, more] = [side.makeRows(promptSteps, 'calls in order'), side.makeRows(2, 'calls in order, more')];
      const wanted = await withSession(side.model, async (session) => {
        await session.step(rows.slice());
        return goOn(session, more, stepsAfter);
      });
      await withSession(side.model, async (session) => {
        const head = session.step(rows.slice());
        const said = goOn(session, more, stepsAfter);
        await head;
        expectSame(differenceOfSaid(await said, wanted), 'Calls that were not awaited come to something else');
      });
    },
  },
  {
    id: 'language-model-session/choice-waits',
    title: 'A choice may be a promise',
    appliesTo: always,
    async run(side) {
      const wanted = await sayOnce(side, 'choice waits');
      await withSession(side.model, async (session) => {
        const rows = side.makeRows(promptSteps, 'choice waits');
        const chosen = await session.step(rows, async (_slot, logits) => {
          const id = mostProbable(logits);
          await Promise.resolve();
          return id;
        });
        const found = { rows: [Int32Array.from(chosen)], choices: [] };
        const first = { rows: wanted.rows.slice(0, 1), choices: [] };
        expectSame(differenceOfSaid(found, first), 'A choice that waits comes to other ids');
      });
    },
  },
  {
    id: 'language-model-session/choice-fails',
    title: 'A step whose choice throws rejects with that error and counts as not made',
    appliesTo: always,
    async run(side) {
      const reason = new Error('The choice failed.');
      await expectNotMade(side, 'choice fails', async (session, rows) => {
        const outcome = await settle('A step whose choice throws', () =>
          session.step(rows, () => {
            throw reason;
          }),
        );
        expectReason(outcome, reason, 'A step whose choice throws');
      });
    },
  },
  {
    id: 'language-model-session/rows-refused',
    title: 'Rows that do not fit the streams are refused with a typed error, and harm nothing',
    appliesTo: always,
    async run(side) {
      const { streams } = side.model;
      const last = streams.length - 1;
      await expectNotMade(side, 'rows refused', async (session, rows) => {
        const bad: [string, Int32Array][] = [
          ['an id that is past the vocabulary', rows.with(last, streams[last]!.vocabularySize)],
          ['an id below -1', rows.with(0, -2)],
          ['no rows', new Int32Array()],
        ];
        if (streams.length > 1) bad.push(['half a row', rows.subarray(0, rows.length - 1)]);
        for (const [what, refused] of bad) {
          await expectTypedError('argument-invalid', `Reading rows with ${what}`, () => session.step(refused));
        }
      });
    },
  },
  {
    id: 'language-model-session/context-full',
    title: 'Rows for which the context has no room are refused with a typed error, and harm nothing',
    appliesTo: ({ model: { contextSteps, streams } }) => {
      if (contextSteps === Number.POSITIVE_INFINITY) return 'its context has no end';
      return (contextSteps + 1) * streams.length <= mostIdsAtOnce || 'its context is too long to be filled by a check';
    },
    async run(side) {
      await expectNotMade(side, 'context full', async (session) => {
        const rows = side.makeRows(side.model.contextSteps - session.stepCount + 1, 'too many');
        await expectTypedError('argument-invalid', 'Reading more rows than there is room for', () =>
          session.step(rows),
        );
      });
    },
  },
  {
    id: 'language-model-session/abort-before',
    title: 'A step with a signal that has already aborted rejects with its reason and counts as not made',
    appliesTo: always,
    async run(side) {
      const reason = { why: 'the caller changed its mind' };
      await expectNotMade(side, 'abort before', async (session, rows) => {
        const what = 'A step with a signal that has already aborted';
        const signal = AbortSignal.abort(reason);
        expectReason(await settle(what, () => session.step(rows, undefined, { signal })), reason, what);
      });
    },
  },
  {
    id: 'language-model-session/abort-during',
    title: 'An abort in the middle of a step rejects it with the reason, and it counts as not made',
    appliesTo: always,
    async run(side) {
      const rows = side.makeRows(promptSteps, 'abort during');
      const choose = (_slot: unknown, logits: Float32Array): number => mostProbable(logits);
      const turns = await withSession(side.model, (session) => turnsTaken(() => session.step(rows, choose)));
      // A step that is over before the event loop turns cannot be aborted by anyone.
      if (turns === 0) return;
      for (const moment of new Set([0, turns >> 1])) {
        await expectNotMade(side, `abort during, ${moment}`, async (session) => {
          const before = session.stepCount;
          await expectAbortAt('A step', moment, (signal) => session.step(rows, choose, { signal }));
          // An abort that came too late has left a step that was made.
          if (session.stepCount !== before) await session.rollback(before);
        });
      }
    },
  },
  {
    id: 'language-model-session/close-twice',
    title: 'Closing twice is fine',
    appliesTo: always,
    async run(side) {
      const { model } = await side.another();
      const session = await model.open();
      await Promise.all([session.close(), session.close()]);
      await Promise.all([model.close(), model.close()]);
      await model.close();
    },
  },
  {
    id: 'language-model-session/use-after-close',
    title: 'A closed session and the sessions of a closed model refuse work with a typed error',
    appliesTo: always,
    async run(side) {
      const { model, makeRows } = await side.another();
      const rows = makeRows(1, 'use after close');
      const [closed, open] = [await model.open(), await model.open()];
      await closed.close();
      await expectTypedError('session-closed', 'A step of a closed session', () => closed.step(rows));
      await open.step(rows);
      await model.close();
      await expectTypedError('session-closed', 'A step of a session of a closed model', () => open.step(rows));
      await expectTypedError('session-closed', 'Opening a session of a closed model', () => model.open());
      await open.close();
    },
  },
];

/** A session in which something was tried and not done goes on as one in which it was not tried. */
async function expectNotMade(
  side: LanguageModelSide,
  label: string,
  attempt: (session: LanguageModelSession, rows: Int32Array) => Promise<void>,
): Promise<void> {
  const wanted = await sayOnce(side, label);
  await withSession(side.model, async (session) => {
    const first = await goOn(session, side.makeRows(promptSteps, label), 1);
    await attempt(session, side.makeRows(1, `${label}, tried`));
    expectSteps(session.stepCount, promptSteps);
    const rest = await goOn(session, first.rows[0]!, stepsAfter - 1);
    const whole = { rows: [...first.rows, ...rest.rows], choices: [...first.choices, ...rest.choices] };
    expectSame(differenceOfSaid(whole, wanted), `After what was tried (${label}) a session goes on otherwise`);
  });
}
