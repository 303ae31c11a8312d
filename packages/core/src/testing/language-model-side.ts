import type { ChooseToken, LanguageModelSession, SpeechLanguageModelV0 } from '../contract/speech-language-model.ts';
import type { SeededRandom } from '../random/seeded-random.ts';

/** Makes valid rows `[steps · streams]`. Repeatable: equal arguments give equal rows, other labels other ones. */
export type MakeRows = (stepCount: number, label: string) => Int32Array;

/** A speech language model as the checks see it. */
export interface LanguageModelSide {
  readonly model: SpeechLanguageModelV0;
  /** Loads the same component once more; the kit closes it when the check is over. */
  another(): Promise<LanguageModelSide>;
  readonly makeRows: MakeRows;
}

export function createLanguageModelSide(
  model: SpeechLanguageModelV0,
  {
    random,
    makeRows = rowsAtRandom(model, random),
    another,
  }: {
    readonly random: SeededRandom;
    readonly makeRows?: MakeRows | undefined;
    readonly another: () => Promise<LanguageModelSide>;
  },
): LanguageModelSide {
  return { model, makeRows, another };
}

/** Any id for each stream: a model has to read whatever it can name. */
function rowsAtRandom({ streams }: SpeechLanguageModelV0, random: SeededRandom): MakeRows {
  return (stepCount, label) => {
    const source = random.fork(label);
    return Int32Array.from(
      { length: stepCount * streams.length },
      (_, i) => source.nextUint32() % streams[i % streams.length]!.vocabularySize,
    );
  };
}

/** One choice of a model. */
export interface Choice {
  readonly stream: number;
  readonly logits: Float32Array;
}

/** What a session came to: every choice with a copy of its logits, and what each step gave. */
export interface Said {
  readonly choices: readonly Choice[];
  readonly rows: readonly Int32Array[];
}

/** Reads a copy of rows, then what it chose itself, step by step; always the most probable id. */
export async function goOn(session: LanguageModelSession, rows: Int32Array, stepCount: number): Promise<Said> {
  const choices: Choice[] = [];
  const made: Int32Array[] = [];
  const choose: ChooseToken = ({ stream }, logits) => {
    choices.push({ stream, logits: Float32Array.from(logits) });
    return mostProbable(logits);
  };
  let next = rows.slice();
  for (let step = 0; step < stepCount; step++) {
    const chosen = await session.step(next, choose);
    made.push(chosen.slice());
    next = chosen.slice();
  }
  return { choices, rows: made };
}

export function mostProbable(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/** The first difference between what two sessions said, in words; `undefined` where they are equal bit for bit. */
export function differenceOfSaid(found: Said, wanted: Said): string | undefined {
  for (const [i, { stream, logits }] of wanted.choices.entries()) {
    const other = found.choices[i];
    if (other === undefined || other.stream !== stream) {
      return `choice ${i} of stream ${other?.stream} in place of stream ${stream}`;
    }
    if (other.logits.length !== logits.length) return `${other.logits.length} logits in place of ${logits.length}`;
    const id = logits.findIndex((logit, k) => !Object.is(logit, other.logits[k]));
    if (id !== -1) return `logit ${other.logits[id]} in place of ${logits[id]} for id ${id} of choice ${i}`;
  }
  if (found.choices.length !== wanted.choices.length) {
    return `${found.choices.length} choices in place of ${wanted.choices.length}`;
  }
  const [ids, wantedIds] = [found.rows, wanted.rows].map((rows) => rows.map((row) => row.join(' ')).join(', '));
  return ids === wantedIds ? undefined : `ids ${ids} in place of ${wantedIds}`;
}

/** How far logits are off, as a share of their own spread. */
export function relativeDistance(found: Float32Array, wanted: Float32Array): number {
  const numbers = [...wanted].filter(Number.isFinite);
  const mean = numbers.reduce((sum, logit) => sum + logit, 0) / numbers.length;
  const spread = Math.sqrt(numbers.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / numbers.length);
  let most = 0;
  for (const [id, logit] of wanted.entries()) {
    const distance = Object.is(logit, found[id]) ? 0 : Math.abs(logit - found[id]!);
    if (!(distance <= most)) most = distance;
  }
  return most === 0 ? 0 : most / spread;
}
