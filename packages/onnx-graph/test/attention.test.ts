import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  GraphBuilder,
  type GraphSession,
  openGraphSession,
  projection,
  ringAttention,
  ringWindow,
  rotaryFrequencies,
  rotaryTable,
} from '../src/index.ts';
import { largestDifference } from './run-graph.ts';

const random = createRandom('attention');
const gaussians = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, () => scale * random.nextGaussian());

interface Shape {
  readonly headCount: number;
  readonly headWidth: number;
  readonly windowPositions: number;
  readonly maxRowsPerRun: number;
}

const theta = 100;
const names = ['q_proj', 'k_proj', 'v_proj'] as const;
type Matrices = { readonly [name in (typeof names)[number]]: Float32Array };

function randomMatrices(width: number): Matrices {
  const matrix = () => gaussians(width * width, 1.5 / Math.sqrt(width));
  return { q_proj: matrix(), k_proj: matrix(), v_proj: matrix() };
}

function openAttention(shape: Shape, matrices: Matrices): Promise<GraphSession> {
  const { headCount, headWidth } = shape;
  const width = headCount * headWidth;
  const g = new GraphBuilder('test');
  const x = g.input('x', 'float32', [{ symbol: 'rows', times: 1, plus: 0 }, width]);
  const projected = (name: keyof Matrices) => projection(g, g.constant(matrices[name], [width, width]), x);
  const heads = { queries: projected('q_proj'), keys: projected('k_proj'), values: projected('v_proj') };
  const window = ringWindow(g, x, shape);
  const rotary = rotaryTable(g, 2 * window.slotCount, rotaryFrequencies({ headWidth, theta }));
  g.output('y', ringAttention(g, heads, { headCount, headWidth, window, rotary }));
  return openGraphSession(g.build(), { weightsDirectory: '.' });
}

/** A session's answer to rows in runs of the given lengths, and what it carries afterwards. */
async function inRuns(session: GraphSession, x: Float32Array, width: number, lengths: readonly number[]) {
  const state = session.createState();
  const y = new Float32Array(x.length);
  for (let at = 0, i = 0; at < x.length / width; i++) {
    const end = Math.min(x.length / width, at + lengths[i % lengths.length]!);
    const values = x.subarray(at * width, end * width);
    const run = await session.run({ x: { values, shape: [end - at, width] } }, state);
    y.set(run.y as Float32Array, at * width);
    at = end;
  }
  return { y, state };
}

/** The definition, with positions counted from the start of the stream, in double precision. */
function plainAttention(x: Float32Array, matrices: Matrices, shape: Shape): Float64Array {
  const { headCount, headWidth, windowPositions } = shape;
  const width = headCount * headWidth;
  const rows = x.length / width;
  const projected = (name: keyof Matrices): Float64Array => {
    const matrix = matrices[name];
    return Float64Array.from({ length: rows * width }, (_, at) => {
      const [row, column] = [Math.floor(at / width) * width, (at % width) * width];
      let sum = 0;
      for (let i = 0; i < width; i++) sum += matrix[column + i]! * x[row + i]!;
      return sum;
    });
  };
  const rotated = (y: Float64Array): Float64Array =>
    y.map((value, at) => {
      const inHead = at % headWidth;
      const pair = inHead % (headWidth / 2);
      const angle = Math.floor(at / width) * theta ** ((-2 * pair) / headWidth);
      const other = inHead < headWidth / 2 ? -y[at + headWidth / 2]! : y[at - headWidth / 2]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  const [q, k, v] = [rotated(projected('q_proj')), rotated(projected('k_proj')), projected('v_proj')];
  const y = new Float64Array(rows * width);
  for (let t = 0; t < rows; t++) {
    for (let head = 0; head < headCount; head++) {
      const [from, start] = [Math.max(0, t - windowPositions + 1), head * headWidth];
      const scores = Array.from({ length: t - from + 1 }, (_, i) => {
        let score = 0;
        for (let d = 0; d < headWidth; d++) score += q[t * width + start + d]! * k[(from + i) * width + start + d]!;
        return Math.exp(score / Math.sqrt(headWidth));
      });
      const total = scores.reduce((sum, share) => sum + share, 0);
      for (const [i, share] of scores.entries()) {
        for (let d = 0; d < headWidth; d++) {
          y[t * width + start + d]! += (share / total) * v[(from + i) * width + start + d]!;
        }
      }
    }
  }
  return y;
}

describe.each([
  { headCount: 2, headWidth: 4, windowPositions: 7, maxRowsPerRun: 12 },
  { headCount: 1, headWidth: 6, windowPositions: 1, maxRowsPerRun: 2 },
  { headCount: 3, headWidth: 8, windowPositions: 33, maxRowsPerRun: 20 },
  // The sizes of Mimi.
  { headCount: 8, headWidth: 64, windowPositions: 250, maxRowsPerRun: 64 },
])('$headCount heads of $headWidth over $windowPositions positions', (shape) => {
  const width = shape.headCount * shape.headWidth;
  const matrices = randomMatrices(width);
  let session: GraphSession;
  beforeAll(async () => {
    session = await openAttention(shape, matrices);
  });
  afterAll(() => session.close());

  test('follows the definition, far beyond the window', async () => {
    const x = gaussians((width > 100 ? 450 : 230) * width);
    const { y } = await inRuns(session, x, width, [shape.maxRowsPerRun]);
    expect(largestDifference(y, plainAttention(x, matrices, shape))).toBeLessThan(2e-5);
  });

  test('runs of any lengths give the same bits', async () => {
    const x = gaussians(1_300 * width);
    const { y: whole } = await inRuns(session, x, width, [shape.maxRowsPerRun]);
    const lengths = fc.array(fc.integer({ min: 1, max: shape.maxRowsPerRun / 2 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lengths, async (halves) => {
        const { y } = await inRuns(
          session,
          x,
          width,
          halves.map((half) => 2 * half),
        );
        expect(Buffer.from(y.buffer).equals(Buffer.from(whole.buffer))).toBe(true);
      }),
      { numRuns: width > 100 ? 4 : 10 },
    );
  });

  test('what is carried stays bounded, and the same rows give the same bits a whole round later', async () => {
    const slotCount = Math.ceil((shape.windowPositions - 1 + shape.maxRowsPerRun) / 16) * 16;
    const round = gaussians(slotCount * width);
    const x = new Float32Array(5 * round.length);
    for (let i = 0; i < 5; i++) x.set(round, i * round.length);
    const { y, state } = await inRuns(session, x, width, [2]);
    expect(state.save().position![0]).toBeLessThan(2 * slotCount);
    // From the second round on, every window holds the same rows in the same slots.
    const rounds = [2, 3, 4].map((i) => Buffer.from(y.slice(i * round.length, (i + 1) * round.length).buffer));
    expect(rounds[1]!.equals(rounds[0]!)).toBe(true);
    expect(rounds[2]!.equals(rounds[0]!)).toBe(true);
  });
});
