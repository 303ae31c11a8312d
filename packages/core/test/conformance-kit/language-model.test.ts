import { describe, expect, it } from 'vitest';
import { conformanceOfPlugin, type LanguageModelSubject } from '../../src/testing/index.ts';
import { type LanguageModelFault, languageModelFaults } from './language-model-faults.ts';
import { noModels, pluginFixture } from './plugin-fixture.ts';
import { createReferenceLanguageModel } from './reference-language-model.ts';
import { failuresOf, resultsOf } from './run-kit.ts';

const subject = (inject: LanguageModelFault['inject'] = (model) => model): LanguageModelSubject => ({
  kind: 'language-model',
  load: async () => inject(createReferenceLanguageModel()),
});

describe('a broken promise of a language model', () => {
  it.each(languageModelFaults)('$check, and no other, fails where $what', async ({ check, inject }) => {
    expect(failuresOf(await resultsOf(subject(inject)))).toEqual([check]);
  });

  it('has a fault for every check', async () => {
    const results = await resultsOf(subject());
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect([...new Set(languageModelFaults.map(({ check }) => check))].sort()).toEqual(
      results.map(({ id }) => id).toSorted(),
    );
  });
});

it('checks the language models of a plugin, and how they load', async () => {
  const { plugin } = pluginFixture();
  const component = {
    kind: 'language-model',
    id: 'reference:model',
    title: 'A model',
    models: [],
    load: async ({ signal }: { signal?: AbortSignal }) => {
      signal?.throwIfAborted();
      return createReferenceLanguageModel();
    },
  } as const;
  const run = async (load = component.load) =>
    resultsOf(conformanceOfPlugin({ ...plugin, components: [{ ...component, load }] }, { models: noModels }));
  const results = await run();
  expect(results.map(({ subject: about }) => about)).toContain('language-model reference:model');
  expect(failuresOf(results)).toEqual([]);
  expect(failuresOf(await run(async () => createReferenceLanguageModel()))).toEqual(['component/load-aborts']);
});

it('reads the rows that an author gives', async () => {
  const makeRows = (stepCount: number): Int32Array => new Int32Array(3 * stepCount).fill(-1);
  const seen: string[] = [];
  const watched = subject((model) => ({
    ...model,
    async open() {
      const session = await model.open();
      return {
        stepCount: 0,
        rollback: (count) => session.rollback(count),
        fork: () => session.fork(),
        close: () => session.close(),
        step(rows, choose, options) {
          if (session.stepCount === 0) seen.push(rows.join());
          return session.step(rows, choose, options);
        },
      };
    },
  }));
  await resultsOf({ ...watched, makeRows });
  expect(new Set(seen.slice(0, 3))).toEqual(new Set([makeRows(3).join()]));
});
