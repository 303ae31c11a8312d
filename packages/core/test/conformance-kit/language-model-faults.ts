import type { CallOptions, ChooseToken, LanguageModelSession, SpeechLanguageModelV0 } from '../../src/index.ts';

/** One way to break one promise of a language model. */
export interface LanguageModelFault {
  readonly check: string;
  readonly what: string;
  readonly inject: (model: SpeechLanguageModelV0) => SpeechLanguageModelV0;
}

/** What a fault changes of one session; `opened` counts those that were opened or forked, `family` those opened. */
type Change = (
  session: LanguageModelSession,
  place: { readonly opened: number; readonly family: number },
) => Partial<Omit<LanguageModelSession, 'fork'>>;

/** The same changes in each session of a model, forks included. */
function inSessions(makeChange: () => Change): LanguageModelFault['inject'] {
  return (model) => {
    const change = makeChange();
    let opened = 0;
    let families = 0;
    const changed = (session: LanguageModelSession, family: number): LanguageModelSession => ({
      get stepCount() {
        return session.stepCount;
      },
      step: (rows, choose, options) => session.step(rows, choose, options),
      rollback: (stepCount) => session.rollback(stepCount),
      close: () => session.close(),
      ...change(session, { opened: ++opened, family }),
      fork: async () => changed(await session.fork(), family),
    });
    return { ...model, open: async () => changed(await model.open(), ++families) };
  };
}

const inStep = (
  step: (
    session: LanguageModelSession,
    rows: Int32Array,
    choose: ChooseToken | undefined,
    options: CallOptions | undefined,
  ) => Promise<Int32Array>,
): LanguageModelFault['inject'] =>
  inSessions(() => (session) => ({ step: (rows, choose, options) => step(session, rows, choose, options) }));

/** Logits that are another's. */
const spoilt = (choose: ChooseToken | undefined): ChooseToken | undefined =>
  choose && ((slot, logits) => choose(slot, logits.toReversed()));

const width = 3;

export const languageModelFaults: readonly LanguageModelFault[] = [
  {
    check: 'language-model/loads',
    what: 'loading throws',
    inject: () => {
      throw new Error('The weights are missing.');
    },
  },
  {
    check: 'language-model/specification',
    what: 'is of a version that nobody knows',
    inject: (model) => ({ ...model, specificationVersion: 'v9' as 'v0' }),
  },
  {
    check: 'language-model/choices',
    what: 'there is a logit too many',
    inject: inStep((session, rows, choose, options) =>
      session.step(
        rows,
        choose && ((slot, logits) => choose(slot, Float32Array.from([...logits, Number.NEGATIVE_INFINITY]))),
        options,
      ),
    ),
  },
  {
    check: 'language-model/choices',
    what: 'a stream that goes in has an id in the answer',
    inject: inStep(async (session, rows, choose, options) =>
      (await session.step(rows, choose, options)).map((id, stream) => (stream === 0 ? 0 : id)),
    ),
  },
  {
    check: 'language-model/deterministic',
    what: 'the third session that reads the same says something else',
    inject: inSessions(() => {
      const readers = new Map<string, number>();
      return (session) => {
        let count: number | undefined;
        return {
          step(rows, choose, options) {
            if (count === undefined) {
              count = (readers.get(rows.join()) ?? 0) + 1;
              readers.set(rows.join(), count);
            }
            return session.step(rows, count === 3 ? spoilt(choose) : choose, options);
          },
        };
      };
    }),
  },
  {
    check: 'language-model/rows-at-once',
    what: 'of rows that are read at once only the last is read',
    inject: inStep((session, rows, choose, options) =>
      session.step(
        rows.length > width && rows.length % width === 0 && rows.length < 20 * width
          ? Int32Array.from(rows, (id, i) => (i < rows.length - width ? -1 : id))
          : rows,
        choose,
        options,
      ),
    ),
  },
  {
    check: 'language-model/rows-kept',
    what: 'the rows are overwritten',
    inject: inStep(async (session, rows, choose, options) => {
      const copy = rows.slice();
      try {
        return await session.step(copy, choose, options);
      } finally {
        rows.fill(0);
      }
    }),
  },
  {
    check: 'language-model-session/rollback',
    what: 'a step too few is taken back',
    inject: inSessions(() => (session) => ({
      rollback: (stepCount) => session.rollback(Math.min(stepCount + 1, session.stepCount)),
    })),
  },
  {
    check: 'language-model-session/fork',
    what: 'a fork is the session itself',
    inject: (model) => ({
      ...model,
      async open() {
        const session = await model.open();
        return Object.assign(session, { fork: async () => session });
      },
    }),
  },
  {
    check: 'language-model-session/apart',
    what: 'sessions share what they have read last',
    inject: inSessions(() => {
      let lastFamily = 0;
      return (session, { family }) => ({
        step(rows, choose, options) {
          const isOthers = session.stepCount > 0 && lastFamily !== family;
          lastFamily = family;
          return session.step(rows, isOthers ? spoilt(choose) : choose, options);
        },
      });
    }),
  },
  {
    check: 'language-model-session/calls-in-order',
    what: 'a call overtakes the one before it',
    inject: inSessions(() => (session) => {
      let running = 0;
      return {
        async step(rows, choose, options) {
          const isFirst = running++ === 0;
          try {
            if (isFirst) await new Promise((resolve) => setImmediate(resolve));
            return await session.step(rows, choose, options);
          } finally {
            running--;
          }
        },
      };
    }),
  },
  {
    check: 'language-model-session/choice-waits',
    what: 'a promise is taken for an id',
    inject: inStep((session, rows, choose, options) =>
      session.step(
        rows,
        choose &&
          ((slot, logits) => {
            const id = choose(slot, logits);
            return typeof id === 'number' ? id : 0;
          }),
        options,
      ),
    ),
  },
  {
    check: 'language-model-session/choice-fails',
    what: 'a step whose choice threw counts as made',
    inject: inStep(async (session, rows, choose, options) => {
      let hasThrown = false;
      try {
        return await session.step(
          rows,
          choose &&
            ((slot, logits) => {
              try {
                return choose(slot, logits);
              } catch (error) {
                hasThrown = true;
                throw error;
              }
            }),
          options,
        );
      } catch (error) {
        if (hasThrown) await session.step(rows);
        throw error;
      }
    }),
  },
  {
    check: 'language-model-session/rows-refused',
    what: 'an id past the vocabulary is read as another one',
    inject: inStep((session, rows, choose, options) =>
      session.step(
        rows.map((id, i) => (i % width === 2 ? id % 30 : id)),
        choose,
        options,
      ),
    ),
  },
  {
    check: 'language-model-session/context-full',
    what: 'rows past the context are dropped without a word',
    inject: inStep(async (session, rows, choose, options) => {
      if (session.stepCount + rows.length / width > 32) return new Int32Array(width).fill(-1);
      return session.step(rows, choose, options);
    }),
  },
  {
    check: 'language-model-session/abort-before',
    what: 'a signal that has already aborted is not looked at',
    inject: inStep((session, rows, choose, options) =>
      session.step(rows, choose, options?.signal?.aborted ? {} : options),
    ),
  },
  {
    check: 'language-model-session/abort-during',
    what: 'a signal is looked at only before the step',
    inject: inStep((session, rows, choose, options) =>
      session.step(rows, choose, options?.signal?.aborted ? options : {}),
    ),
  },
  {
    check: 'language-model-session/close-twice',
    what: 'the second close throws',
    inject: inSessions(() => (session) => {
      let isClosed = false;
      return {
        async close() {
          if (isClosed) throw new Error('Already closed.');
          isClosed = true;
          await session.close();
        },
      };
    }),
  },
  {
    check: 'language-model-session/use-after-close',
    what: 'a closed session steps on',
    inject: inSessions(() => () => ({ close: async () => undefined })),
  },
];
