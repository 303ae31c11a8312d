import { dirname } from 'node:path';
import type { CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { checkpointError, quoted } from '../checkpoint/checkpoint-fault.ts';
import { FlatTable } from './flatbuffer-table.ts';
import { readTensor, type TensorSurroundings } from './read-tflite-tensor.ts';
import { type TfliteOptionField, tfliteOperators } from './tflite-codes.ts';
import type { TfliteModel, TfliteOperator, TfliteSignature, TfliteSubgraph, TfliteTensor } from './tflite-model.ts';

/**
 * Reads a TFLite model (a flatbuffer of schema version 3). Values of tensors stay where they are.
 * @param path of the file, with symbolic links followed
 * @throws SpeechTokensError `checkpoint-invalid`
 * Source: tensorflow/tensorflow, tensorflow/compiler/mlir/lite/schema/schema.fbs; numbers of fields are its order.
 */
export function readTfliteModel(bytes: Uint8Array, path: string): TfliteModel {
  const fail = (found: string, wanted: string): never => {
    throw checkpointError(path, { problem: 'The file cannot be read as a TFLite model', found, wanted });
  };
  const root = FlatTable.root(bytes, 'TFL3', fail);
  const version = root.uint32(0);
  if (version !== 3) fail(`schema version ${version}`, 'schema version 3');
  const codes = root.tables(1).map((code) => Math.max(code.int8(0), code.int32(3)));
  const surroundings: TensorSurroundings = { path, fileBytes: bytes.byteLength, buffers: root.tables(4), fail };
  const subgraphs = root.tables(2).map((table, index): TfliteSubgraph => {
    const tensors = table.tables(0).map((tensor) => readTensor(tensor, surroundings));
    const within = (indices: readonly number[], what: string, lowest = 0): readonly number[] => {
      const wrong = indices.find((i) => i < lowest || i >= tensors.length);
      return wrong === undefined ? indices : fail(`${what} ${wrong} of subgraph ${index}`, `one of ${tensors.length}`);
    };
    return {
      name: table.text(4),
      tensors,
      inputs: within(table.int32s(1), 'input tensor'),
      outputs: within(table.int32s(2), 'output tensor'),
      operators: table.tables(3).map((operator): TfliteOperator => {
        const code = codes[operator.uint32(0)];
        if (code === undefined) return fail(`operator code ${operator.uint32(0)}`, `one of ${codes.length}`);
        const description = tfliteOperators[code];
        const options = description?.optionsType === operator.uint8(3) ? operator.table(4) : undefined;
        return {
          code: description?.name ?? `operator ${code}`,
          inputs: within(operator.int32s(1), 'input tensor', -1),
          outputs: within(operator.int32s(2), 'output tensor'),
          options: readOptions(description?.options ?? [], options),
        };
      }),
    };
  });
  const signatures = root.tables(7).map((table) => readSignature(table, subgraphs, fail));
  return { path, ...withKeys(subgraphs, path), signatures, bytesOf: viewOf(bytes) };
}

function readOptions(
  fields: readonly TfliteOptionField[],
  table: FlatTable | undefined,
): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    fields.map(([name, field, type, otherwise]) => [
      name,
      table === undefined ? (otherwise ?? (type === 'text' ? '' : 0)) : table[type](field, otherwise),
    ]),
  );
}

function readSignature(
  table: FlatTable,
  subgraphs: readonly TfliteSubgraph[],
  fail: (found: string, wanted: string) => never,
): TfliteSignature {
  const name = table.text(2);
  const subgraph = table.uint32(4);
  const count = subgraphs[subgraph]?.tensors.length;
  if (count === undefined)
    return fail(`the signature ${quoted(name)} of subgraph ${subgraph}`, 'a subgraph that exists');
  const tensors = (field: number): ReadonlyMap<string, number> =>
    new Map(
      table.tables(field).map((entry) => {
        const tensor = entry.uint32(1);
        if (tensor >= count) fail(`tensor ${tensor} in the signature ${quoted(name)}`, `one of ${count}`);
        return [entry.text(0), tensor];
      }),
    );
  return { name, subgraph, inputs: tensors(0), outputs: tensors(1) };
}

/** Names that occur once stand for their tensor; to the others their place is added. */
function withKeys(subgraphs: readonly TfliteSubgraph[], path: string): Pick<TfliteModel, 'subgraphs' | 'checkpoint'> {
  const uses = new Map<string, number>();
  for (const { name } of subgraphs.flatMap(({ tensors }) => tensors)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const constants = new Map<string, CheckpointTensor>();
  const keyed = subgraphs.map((subgraph, g) => ({
    ...subgraph,
    tensors: subgraph.tensors.map((tensor, t): TfliteTensor => {
      const key = uses.get(tensor.name) === 1 && tensor.name !== '' ? tensor.name : `${tensor.name}#${g}.${t}`;
      if (tensor.constant !== undefined) constants.set(key, tensor.constant);
      return { ...tensor, key };
    }),
  }));
  return { subgraphs: keyed, checkpoint: { directory: dirname(path), path, tensors: constants } };
}

function viewOf(bytes: Uint8Array): TfliteModel['bytesOf'] {
  return ({ offsetBytes, sizeBytes }) => bytes.subarray(offsetBytes, offsetBytes + sizeBytes);
}
