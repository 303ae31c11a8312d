import { float32, int8, int32, table, tables, text, vector, writeFlatbuffer } from './write-flatbuffer.ts';

/** A tensor of a model to be written; with `values` it is a constant. */
export interface TensorPlan {
  readonly name: string;
  readonly type: 'float32' | 'int8' | 'int32' | 'resource';
  readonly shape: readonly number[];
  readonly values?: readonly number[];
  readonly scales?: readonly number[];
  readonly zeroPoints?: readonly number[];
  readonly axis?: number;
}

/** Options by the number of their field in the schema; `{ float }` is a float, `{ byte }` has 8 bits. */
export type OptionPlan = number | string | { readonly float: number } | { readonly byte: number };

export interface OperatorPlan {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Number of the options table in the schema's union. */
  readonly optionsType?: number;
  readonly options?: Readonly<Record<number, OptionPlan>>;
}

export interface SubgraphPlan {
  readonly name: string;
  readonly tensors: readonly TensorPlan[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly OperatorPlan[];
}

export interface ModelPlan {
  readonly version?: number;
  readonly identifier?: string;
  readonly subgraphs: readonly SubgraphPlan[];
  readonly signatures?: readonly {
    readonly name: string;
    readonly subgraph: number;
    readonly inputs: Readonly<Record<string, number>>;
    readonly outputs: Readonly<Record<string, number>>;
  }[];
}

const typeNumbers = { float32: 0, int32: 2, int8: 9, resource: 13 } as const;

/** Writes a TFLite model of schema version 3. */
export function writeTflite(plan: ModelPlan): Uint8Array {
  const codes = [...new Set(plan.subgraphs.flatMap(({ operators }) => operators.map(({ code }) => code)))];
  const buffers = [table({})];
  const bufferOf = (tensor: TensorPlan): number => {
    if (tensor.values === undefined) return 0;
    const values =
      tensor.type === 'float32'
        ? Float32Array.from(tensor.values)
        : tensor.type === 'int8'
          ? Int8Array.from(tensor.values)
          : Int32Array.from(tensor.values);
    buffers.push(table({ 0: vector(new Uint8Array(values.buffer)) }));
    return buffers.length - 1;
  };
  const subgraphs = plan.subgraphs.map((subgraph) =>
    table({
      0: tables(
        subgraph.tensors.map((tensor) =>
          table({
            0: vector(Int32Array.from(tensor.shape)),
            1: int8(typeNumbers[tensor.type]),
            2: int32(bufferOf(tensor)),
            3: text(tensor.name),
            4:
              tensor.scales === undefined
                ? undefined
                : table({
                    2: vector(Float32Array.from(tensor.scales)),
                    3: vector(BigInt64Array.from(tensor.zeroPoints ?? tensor.scales.map(() => 0), BigInt)),
                    6: int32(tensor.axis ?? 0),
                  }),
          }),
        ),
      ),
      1: vector(Int32Array.from(subgraph.inputs)),
      2: vector(Int32Array.from(subgraph.outputs)),
      3: tables(subgraph.operators.map((operator) => operatorTable(operator, codes))),
      4: text(subgraph.name),
    }),
  );
  const tensorMap = (tensors: Readonly<Record<string, number>>) =>
    tables(Object.entries(tensors).map(([name, tensor]) => table({ 0: text(name), 1: int32(tensor) })));
  return writeFlatbuffer(
    table({
      0: int32(plan.version ?? 3),
      1: tables(codes.map((code) => table({ 0: int8(Math.min(code, 127)), 3: int32(code) }))),
      2: tables(subgraphs),
      4: tables(buffers),
      7: tables(
        (plan.signatures ?? []).map(({ name, subgraph, inputs, outputs }) =>
          table({ 0: tensorMap(inputs), 1: tensorMap(outputs), 2: text(name), 4: int32(subgraph) }),
        ),
      ),
    }),
    plan.identifier ?? 'TFL3',
  );
}

function operatorTable(operator: OperatorPlan, codes: readonly number[]): ReturnType<typeof table> {
  const options = Object.entries(operator.options ?? {}).map(([field, value]) => {
    if (typeof value === 'number') return [field, int32(value)] as const;
    if (typeof value === 'string') return [field, text(value)] as const;
    return [field, 'float' in value ? float32(value.float) : int8(value.byte)] as const;
  });
  return table({
    0: int32(codes.indexOf(operator.code)),
    1: vector(Int32Array.from(operator.inputs)),
    2: vector(Int32Array.from(operator.outputs)),
    3: operator.optionsType === undefined ? undefined : int8(operator.optionsType),
    4: operator.optionsType === undefined ? undefined : table(Object.fromEntries(options)),
  });
}
