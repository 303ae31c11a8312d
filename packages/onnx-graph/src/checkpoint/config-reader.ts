import { SpeechTokensError } from '@speech-tokens/core';

/** Reads the fields of a `config.json`; every fault is a `checkpoint-invalid` that names the field. */
export interface ConfigReader {
  /** The value at a path such as `encoder.hidden_size`; `undefined` where there is none. */
  value(field: string): unknown;
  number(field: string): number;
  /** An integer from `minimum` to `maximum` (1 to 65,536 where not said). */
  integer(field: string, maximum?: number, minimum?: number): number;
  boolean(field: string): boolean;
  integers(field: string, maximum?: number): readonly number[];
  /** The field must hold just one of these values. */
  oneOf<Value extends string | number | boolean | null>(field: string, values: readonly Value[]): Value;
  fail(field: string, found: string, wanted: string): never;
}

/**
 * @param text the JSON text of the file at `path`
 * @param family what the file should describe, for messages, for example `Mimi codec`
 * @throws SpeechTokensError `checkpoint-invalid` when the text is no JSON
 */
export function readConfig(text: string, path: string, family: string): ConfigReader {
  const fail = (field: string, found: string, wanted: string): never => {
    throw new SpeechTokensError('checkpoint-invalid', {
      problem: `${path} does not describe ${/^[aeiou]/i.test(family) ? 'an' : 'a'} ${family} (${field})`,
      found,
      wanted,
      remedy: 'Use the config.json that was written with the weights',
      details: { path },
    });
  };
  const root = parse(text, fail);
  const value = (field: string): unknown => {
    let at = root;
    for (const key of field.split('.')) {
      at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    }
    return at;
  };
  const show = (found: unknown): string => JSON.stringify(found)?.slice(0, 100) ?? 'nothing';
  const check = <Value>(field: string, fits: (found: unknown) => found is Value, wanted: string): Value => {
    const found = value(field);
    return fits(found) ? found : fail(field, show(found), wanted);
  };
  const isInteger =
    (minimum: number, maximum: number) =>
    (found: unknown): found is number =>
      Number.isInteger(found) && (found as number) >= minimum && (found as number) <= maximum;
  return {
    value,
    fail,
    number: (field) =>
      check(field, (found): found is number => typeof found === 'number' && Number.isFinite(found), 'a number'),
    integer: (field, maximum = 65_536, minimum = 1) =>
      check(field, isInteger(minimum, maximum), `an integer from ${minimum} to ${maximum}`),
    boolean: (field) => check(field, (found): found is boolean => typeof found === 'boolean', 'true or false'),
    integers: (field, maximum = 65_536) =>
      check(
        field,
        (found): found is readonly number[] =>
          Array.isArray(found) && found.length > 0 && found.length <= 64 && found.every(isInteger(1, maximum)),
        `a list of integers from 1 to ${maximum}`,
      ),
    oneOf: <Value extends string | number | boolean | null>(field: string, values: readonly Value[]) =>
      check(
        field,
        (found): found is Value => values.includes(found as Value),
        values.map((wanted) => JSON.stringify(wanted)).join(' or '),
      ),
  };
}

function parse(text: string, fail: ConfigReader['fail']): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail('syntax', cause instanceof Error ? cause.message : String(cause), 'JSON');
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
