import { GraphBuilder, type GraphTensor, openGraphSession, type TensorInput, type TensorValues } from '../src/index.ts';

/** Builds a graph over one float input `x` and runs it on chunks of rows, one after another, with its state carried. */
export async function runOnRows(
  build: (g: GraphBuilder, x: GraphTensor) => GraphTensor,
  chunks: readonly (readonly (readonly number[])[])[],
): Promise<number[][]> {
  const width = chunks[0]![0]!.length;
  const g = new GraphBuilder('test');
  const x = g.input('x', 'float32', [{ symbol: 'rows', times: 1, plus: 0 }, width]);
  g.output('y', build(g, x));
  const session = await openGraphSession(g.build(), { weightsDirectory: '.' });
  const state = session.createState();
  const results: number[][] = [];
  for (const rows of chunks) {
    const input: TensorInput = { values: Float32Array.from(rows.flat()), shape: [rows.length, width] };
    results.push([...(await session.run({ x: input }, state)).y!]);
  }
  await session.close();
  return results;
}

/** Runs a graph that `build` makes whole, once. */
export async function runOnce(
  build: (g: GraphBuilder) => void,
  inputs: Readonly<Record<string, TensorInput>>,
  weightsDirectory = '.',
): Promise<Readonly<Record<string, TensorValues>>> {
  const g = new GraphBuilder('test');
  build(g);
  const session = await openGraphSession(g.build(), { weightsDirectory });
  try {
    return await session.run(inputs, session.createState());
  } finally {
    await session.close();
  }
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values beside ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
