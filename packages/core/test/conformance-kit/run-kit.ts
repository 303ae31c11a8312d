import {
  type CheckResult,
  type ConformanceSubject,
  type RunConformanceOptions,
  runConformance,
} from '../../src/testing/index.ts';
import type { Fault } from './call-faults.ts';
import { detokenizerOfPart, partOfDetokenizer, partOfTokenizer, tokenizerOfPart } from './codec-part.ts';
import { createReferenceDetokenizer } from './reference-detokenizer.ts';
import { plainFormat, type ReferenceFormat } from './reference-format.ts';
import { createReferenceTokenizer } from './reference-tokenizer.ts';

export interface Injections {
  readonly tokenizer?: Fault['inject'];
  readonly detokenizer?: Fault['inject'];
}

/** The reference codec as a pair, with faults where they are given. */
export function referencePair(
  { tokenizer, detokenizer }: Injections = {},
  format: ReferenceFormat = plainFormat,
): ConformanceSubject {
  let tokenizerLoads = 0;
  let detokenizerLoads = 0;
  return {
    kind: 'pair',
    async loadTokenizer() {
      const sound = createReferenceTokenizer(format);
      return tokenizer ? tokenizerOfPart(tokenizer(partOfTokenizer(sound), ++tokenizerLoads), sound) : sound;
    },
    async loadDetokenizer() {
      const sound = createReferenceDetokenizer(format);
      return detokenizer ? detokenizerOfPart(detokenizer(partOfDetokenizer(sound), ++detokenizerLoads), sound) : sound;
    },
  };
}

export async function resultsOf(
  subject: ConformanceSubject,
  options?: RunConformanceOptions,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const result of runConformance(subject, options)) results.push(result);
  return results;
}

export function failuresOf(results: readonly CheckResult[]): readonly string[] {
  return results.filter(({ status }) => status === 'failed').map(({ id }) => id);
}
