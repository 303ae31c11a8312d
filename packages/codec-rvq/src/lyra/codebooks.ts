import { SpeechTokensError } from '@speech-tokens/core';
import type { GraphBuilder, GraphTensor, TfliteModel } from '@speech-tokens/onnx-graph';

/** Codebooks of a residual quantizer, coarse to fine: `values [count, size, width]`, row by row. */
export interface Codebooks {
  readonly count: number;
  readonly size: number;
  readonly width: number;
  readonly values: Float32Array;
}

/**
 * The codebooks of Lyra's quantizer file, in the order of its `encode` signature: each stage compares the residual with a
 * constant `[1, size, width]`.
 * @throws SpeechTokensError `checkpoint-invalid`
 * Source: google/lyra, lyra/residual_vector_quantizer.cc, and the operators of lyra/model_coeffs/quantizer.tflite.
 */
export function readCodebooks(model: TfliteModel): Codebooks {
  const signature = model.signatures.find(({ name }) => name === 'encode');
  const subgraph = model.subgraphs[signature?.subgraph ?? -1];
  const comparisons = subgraph?.operators.filter(({ code }) => code === 'SQUARED_DIFFERENCE') ?? [];
  const books = comparisons.map(({ inputs }) => subgraph!.tensors[inputs[1] ?? -1]);
  const [one, size, width] = books[0]?.shape ?? [];
  if (one !== 1 || size === undefined || width === undefined) {
    throw unfit(model, `${comparisons.length} comparisons in a signature "encode"`, 'a comparison for each codebook');
  }
  const values = new Float32Array(books.length * size * width);
  for (const [k, book] of books.entries()) {
    const { constant } = book ?? {};
    if (constant?.elementType !== 'float32' || book!.shape.join() !== `1,${size},${width}`) {
      throw unfit(model, `${book?.key ?? 'nothing'} as codebook ${k}`, `float32 [1, ${size}, ${width}]`, book?.key);
    }
    const bytes = model.bytesOf(constant);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < size * width; i++) values[k * size * width + i] = view.getFloat32(4 * i, true);
  }
  return { count: books.length, size, width, values };
}

/** The first `count` codebooks in a graph. They are small, and their file is not the one of the graph's weights. */
export function codebookConstant(g: GraphBuilder, { size, width, values }: Codebooks, count: number): GraphTensor {
  return g.constant(values.subarray(0, count * size * width), [count, size, width]);
}

function unfit(model: TfliteModel, found: string, wanted: string, tensor?: string): SpeechTokensError {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${model.path} is no quantizer of this codec`,
    found,
    wanted,
    remedy: "Use the quantizer.tflite that belongs to the codec's encoder and decoder",
    details: tensor === undefined ? { path: model.path } : { path: model.path, tensor },
  });
}
