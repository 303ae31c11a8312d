import { describe, expect, it } from 'vitest';
import type { AudioClip, TokenGrid } from '../../src/index.ts';
import { SpeechTokensError } from '../../src/index.ts';
import { batchFaults } from './batch-faults.ts';
import { callFaults, detokenizerFaults, type Fault, tokenizerFaults } from './call-faults.ts';
import { type Data, withArrays } from './codec-part.ts';
import { failuresOf, type Injections, referencePair, resultsOf } from './run-kit.ts';
import { inSession } from './session-faults.ts';
import { detokenizerStreamFaults, streamFaults, tokenizerStreamFaults } from './stream-faults.ts';

interface PlacedFault {
  readonly check: string;
  readonly what: string;
  readonly injections: Injections;
}

const sides = ['tokenizer', 'detokenizer'] as const;

const faults: readonly PlacedFault[] = [
  ...sides.flatMap((side) => [
    ...[...callFaults, ...batchFaults].map((fault) => placed(side, `${side}/${fault.check}`, fault)),
    ...streamFaults.map((fault) => placed(side, `${side}-stream/${fault.check}`, fault)),
  ]),
  ...[...tokenizerFaults, ...tokenizerStreamFaults].map((fault) => placed('tokenizer', fault.check, fault)),
  ...[...detokenizerFaults, ...detokenizerStreamFaults].map((fault) => placed('detokenizer', fault.check, fault)),
  ...pairFaults(),
];

describe('a broken promise', () => {
  it.each(faults)('$check, and no other, fails where $what', async ({ check, injections }) => {
    const results = await resultsOf(referencePair(injections));
    expect(failuresOf(results)).toEqual([check]);
  });
});

it('has a fault for every check of tokenizers, detokenizers and pairs', async () => {
  const results = await resultsOf(referencePair());
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  const checks = results.map(({ id }) => id);
  expect(new Set(checks).size).toBe(checks.length);
  expect([...new Set(faults.map(({ check }) => check))].sort()).toEqual(checks.toSorted());
});

function placed(side: 'tokenizer' | 'detokenizer', check: string, { what, inject }: Fault): PlacedFault {
  return { check, what, injections: { [side]: inject } };
}

function pairFaults(): readonly PlacedFault[] {
  return [
    {
      check: 'pair/token-spaces-equal',
      what: 'the detokenizer names a codebook in another way',
      injections: {
        detokenizer(part) {
          const { tokenSpace } = part;
          const codebooks = tokenSpace.codebooks.map((codebook) => ({ ...codebook, name: `other ${codebook.name}` }));
          const asItsOwn = (grid: Data): Data =>
            (grid as TokenGrid).tokenSpace.id === tokenSpace.id ? { ...(grid as TokenGrid), tokenSpace } : grid;
          const renamed = inSession((session) => ({
            push: async (input, options) => session.push(asItsOwn(input), options),
          }));
          return {
            ...renamed(part, 1),
            tokenSpace: { ...tokenSpace, codebooks },
            call: (input, options) => part.call(asItsOwn(input), options),
            callBatch: (inputs, options) => part.callBatch(inputs.map(asItsOwn), options),
          };
        },
      },
    },
    {
      check: 'pair/round-trip',
      what: 'the detokenizer gives more than the tokenizer takes',
      injections: {
        tokenizer: (part) => ({
          ...part,
          async call(input, options) {
            const isLoud = (input as AudioClip).channels.some((samples) => samples.some((s) => Math.abs(s) > 1.05));
            if (isLoud) {
              throw new SpeechTokensError('audio-format', { problem: 'Too loud', remedy: 'Turn it down', details: {} });
            }
            return part.call(input, options);
          },
        }),
        detokenizer(part) {
          const louder = (clip: Data): Data => withArrays(clip, (samples) => samples.map((sample) => 8 * sample));
          const streamed = inSession((session) => ({
            push: async (input, options) => (await session.push(input, options)).map(louder),
            flush: async (options) => (await session.flush(options)).map(louder),
          }));
          return {
            ...streamed(part, 1),
            call: async (input, options) => louder(await part.call(input, options)),
            callBatch: async (inputs, options) => (await part.callBatch(inputs, options)).map(louder),
          };
        },
      },
    },
    {
      check: 'pair/streams-through',
      what: 'the detokenizer stream does not take what the tokenizer stream adds',
      injections: {
        tokenizer: inSession((session) => ({
          push: async (input, options) =>
            (await session.push(input, options)).map((grid) => ({ ...grid, note: 'streamed' })),
        })),
        detokenizer: inSession((session) => ({
          async push(input, options) {
            if ('note' in input) throw new Error('Unknown field.');
            return session.push(input, options);
          },
        })),
      },
    },
  ];
}
