import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { type Dim, formatDim } from './dim.ts';
import { elementTypeNumbers } from './element-type.ts';
import { type Attribute, type GraphNode, type GraphTensor, type Initializer, isExternal } from './graph-types.ts';

/** ONNX IR version 10 and operator set 20 (Gelu): read by ONNX Runtime 1.17 and later. */
const irVersion = 10;
const operatorSetVersion = 20;

/** Encodes an ONNX ModelProto. Field numbers: onnx/onnx, onnx/onnx.proto. */
export function encodeModel(graph: {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
}): Uint8Array {
  const domains = new Set(graph.nodes.map((node) => node.domain).filter((domain) => domain !== undefined));
  const writer = new ProtobufWriter().varint(1, irVersion).string(2, 'speech-tokens');
  writer.message(7, (body) => {
    for (const node of graph.nodes) body.message(1, (inner) => writeNode(inner, node));
    body.string(2, graph.name);
    for (const initializer of graph.initializers) body.message(5, (inner) => writeInitializer(inner, initializer));
    for (const tensor of graph.inputs) body.message(11, (inner) => writeValueInfo(inner, tensor));
    for (const tensor of graph.outputs) body.message(12, (inner) => writeValueInfo(inner, tensor));
  });
  writer.message(8, (operatorSet) => operatorSet.string(1, '').varint(2, operatorSetVersion));
  for (const domain of domains) writer.message(8, (operatorSet) => operatorSet.string(1, domain).varint(2, 1));
  return writer.finish();
}

function writeNode(writer: ProtobufWriter, node: GraphNode): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name).string(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, (inner) => writeAttribute(inner, name, value));
  }
  if (node.domain !== undefined) writer.string(7, node.domain);
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, INTS 7. */
function writeAttribute(writer: ProtobufWriter, name: string, value: Attribute): void {
  writer.string(1, name);
  if (typeof value === 'number') writer.varint(3, value).varint(20, 2);
  else if (typeof value === 'string') writer.string(4, value).varint(20, 3);
  else if ('float' in value) writer.float(2, value.float).varint(20, 1);
  else writer.packedVarints(8, value).varint(20, 7);
}

function writeInitializer(writer: ProtobufWriter, { name, elementType, shape, data }: Initializer): void {
  writer.packedVarints(1, shape).varint(2, elementTypeNumbers[elementType]).string(8, name);
  if (!isExternal(data)) {
    writer.bytes(9, data);
    return;
  }
  const entries = { location: data.location, offset: String(data.offsetBytes), length: String(data.sizeBytes) };
  for (const [key, value] of Object.entries(entries)) {
    writer.message(13, (entry) => entry.string(1, key).string(2, value));
  }
  writer.varint(14, 1);
}

function writeValueInfo(writer: ProtobufWriter, { name, elementType, shape }: GraphTensor): void {
  writer
    .string(1, name)
    .message(2, (type) =>
      type.message(1, (tensor) =>
        tensor
          .varint(1, elementTypeNumbers[elementType])
          .message(2, (dims) => shape.map((dim) => dims.message(1, (inner) => writeDim(inner, dim)))),
      ),
    );
}

function writeDim(writer: ProtobufWriter, dim: Dim): void {
  if (typeof dim === 'number') writer.varint(1, dim);
  else writer.string(2, formatDim(dim));
}
