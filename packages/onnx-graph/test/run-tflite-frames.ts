import type { ModelPlan, OperatorPlan, TensorPlan } from './write-tflite.ts';

/*
 * A second, plain way to compute a model: one frame per call, loop by loop, from the plan that the file is written
 * from. Values are [rows, channels] row by row.
 */

interface Block {
  readonly rows: number;
  readonly channels: number;
  readonly data: readonly number[];
}

function sizeOf({ shape }: TensorPlan): Pick<Block, 'rows' | 'channels'> {
  return shape.length < 4 ? { rows: shape.at(-1) ?? 1, channels: 1 } : { rows: shape[1]!, channels: shape[3]! };
}

/** Runs frames one after another, with the variables kept between them. */
export function runFrames(plan: ModelPlan, frames: readonly (readonly number[])[]): number[][] {
  const { tensors, operators, inputs, outputs } = plan.subgraphs[0]!;
  const variables = new Map<string, Block>();
  return frames.map((frame) => {
    const values = new Map<number, Block>([[inputs[0]!, { rows: frame.length, channels: 1, data: frame }]]);
    const handles = new Map<number, string>();
    for (const operator of operators) {
      const data = step({ tensors, values, variables, handles }, operator);
      const [into] = operator.outputs;
      if (data !== undefined) values.set(into!, { ...sizeOf(tensors[into!]!), data });
    }
    return [...values.get(outputs[0]!)!.data];
  });
}

interface Machine {
  readonly tensors: readonly TensorPlan[];
  readonly values: Map<number, Block>;
  readonly variables: Map<string, Block>;
  readonly handles: Map<number, string>;
}

function step({ tensors, values, variables, handles }: Machine, operator: OperatorPlan): readonly number[] | undefined {
  const { code, inputs, outputs, options = {} } = operator;
  const [into] = outputs;
  const size = (index: number): Pick<Block, 'rows' | 'channels'> => sizeOf(tensors[index]!);
  const block = (index: number): Block => values.get(index) ?? { ...size(index), data: tensors[index]!.values ?? [] };
  const number = (field: number, otherwise = 0): number => {
    const value = options[field];
    if (value === undefined) return otherwise;
    return typeof value === 'object' ? ('float' in value ? Math.fround(value.float) : value.byte) : Number(value);
  };
  const grid = (index: number): { scale: number; zero: number } | undefined => {
    const { scales, zeroPoints, type } = tensors[index]!;
    return type === 'int8' ? { scale: Math.fround(scales![0]!), zero: zeroPoints?.[0] ?? 0 } : undefined;
  };
  const clip = (x: number): number => Math.max(-128, Math.min(127, x));
  const sums = (rows: number, channels: number, at: (row: number, channel: number) => number): number[] =>
    Array.from({ length: rows * channels }, (_, i) => at(Math.floor(i / channels), i % channels));
  /** A convolution's sums: reals, or integers that are brought to the output's grid. */
  const finish = (
    x: number,
    w: number,
    b: number,
    total: (row: number, channel: number) => number,
  ): readonly number[] => {
    const { rows, channels } = size(into!);
    const [from, to] = [grid(x), grid(into!)];
    const bias = tensors[b]!.values!;
    const plain = sums(rows, channels, (row, c) => total(row, c) + bias[c % bias.length]!);
    if (from === undefined) return plain;
    const scales = tensors[w]!.scales!;
    return plain.map((sum, i) => {
      const scale = Math.fround(Math.fround(scales.length === 1 ? scales[0]! : scales[i % channels]!) * from.scale);
      return clip(halfToEven(Math.fround(sum * Math.fround(scale / to!.scale))) + to!.zero);
    });
  };
  switch (code) {
    case 129:
      return undefined;
    case 142:
      handles.set(into!, String(options[1]));
      return undefined;
    case 143:
      values.set(
        into!,
        variables.get(handles.get(inputs[0]!)!) ?? {
          ...size(into!),
          data: sums(size(into!).rows, size(into!).channels, () => 0),
        },
      );
      return undefined;
    case 144:
      variables.set(handles.get(inputs[0]!)!, block(inputs[1]!));
      return undefined;
    case 22:
      return block(inputs[0]!).data;
    case 2: {
      const parts = inputs.map(block);
      if (number(0) === 1) return parts.flatMap(({ data }) => data);
      const rows = parts[0]!.rows;
      return Array.from({ length: rows }, (_, row) =>
        parts.flatMap(({ data, channels }) => data.slice(row * channels, (row + 1) * channels)),
      ).flat();
    }
    case 49: {
      const { rows, channels, data } = block(inputs[1]!);
      const width = channels / outputs.length;
      for (const [part, output] of outputs.entries()) {
        const piece = sums(rows, width, (row, c) => data[row * channels + part * width + c]!);
        values.set(output, { rows, channels: width, data: piece });
      }
      return undefined;
    }
    case 45: {
      const { rows, channels, data } = block(inputs[0]!);
      const from = tensors[inputs[1]!]!.values![1]!;
      const to = (number(1) >> 1) & 1 ? rows : tensors[inputs[2]!]!.values![1]!;
      return data.slice((from < 0 ? from + rows : from) * channels, to * channels);
    }
    case 3:
    case 4: {
      const [x, w, b] = inputs as [number, number, number];
      const { channels, data } = block(x);
      const zero = grid(x)?.zero ?? 0;
      const { shape, values: weights } = tensors[w]!;
      const [out, kernel, perGroup] = [shape[0]!, shape[1]!, shape[3]!];
      const dilation = code === 4 ? number(6, 1) : number(5, 1);
      const groups = channels / perGroup;
      return finish(x, w, b, (row, o) => {
        let sum = 0;
        for (let k = 0; k < kernel; k++) {
          const base = (row * number(2) + k * dilation) * channels;
          if (code === 4) sum += (data[base + o]! - zero) * weights![k * channels + o]!;
          else {
            const start = Math.floor((o * groups) / out) * perGroup;
            for (let i = 0; i < perGroup; i++) {
              sum += (data[base + start + i]! - zero) * weights![(o * kernel + k) * perGroup + i]!;
            }
          }
        }
        return sum;
      });
    }
    case 67: {
      const [, w, x, b] = inputs as [number, number, number, number];
      const { rows, channels, data } = block(x);
      const zero = grid(x)?.zero ?? 0;
      const { shape, values: weights } = tensors[w]!;
      const kernel = shape[1]!;
      return finish(x, w, b, (row, o) => {
        let sum = 0;
        for (let source = 0; source < rows; source++) {
          const k = row - source * number(2);
          if (k < 0 || k >= kernel) continue;
          for (let i = 0; i < channels; i++) {
            sum += (data[source * channels + i]! - zero) * weights![(o * kernel + k) * channels + i]!;
          }
        }
        return sum;
      });
    }
    case 98: {
      const [from, to] = [grid(inputs[0]!), grid(into!)];
      const slope = (x: number): number => (x > 0 ? 1 : number(0));
      if (from === undefined) return block(inputs[0]!).data.map((x) => x * slope(x));
      return block(inputs[0]!).data.map((stored) => {
        const x = stored - from.zero;
        const factor = halfToEven((256 * slope(x) * from.scale) / to!.scale);
        return clip(Math.floor((x * factor) / 256 + 0.5) + to!.zero);
      });
    }
    case 114: {
      const to = grid(into!)!;
      const inverse = Math.fround(1 / to.scale);
      return block(inputs[0]!).data.map((x) => clip(halfToEven(x * inverse) + to.zero));
    }
    case 6: {
      const from = grid(inputs[0]!)!;
      return block(inputs[0]!).data.map((x) => (x - from.zero) * from.scale);
    }
    case 0: {
      const [a, b] = [block(inputs[0]!), block(inputs[1]!)];
      const [gridA, gridB, to] = [grid(inputs[0]!), grid(inputs[1]!), grid(into!)];
      if (to === undefined) return a.data.map((x, i) => x + b.data[i]!);
      const [factorA, factorB] = [gridA!.scale / to.scale, gridB!.scale / to.scale];
      const unit = 2 ** (20 - Math.floor(Math.log2(Math.max(factorA, factorB))));
      const [fixedA, fixedB] = [halfToEven(factorA * unit), halfToEven(factorB * unit)];
      return a.data.map((x, i) =>
        clip(Math.floor(((x - gridA!.zero) * fixedA + (b.data[i]! - gridB!.zero) * fixedB) / unit + 0.5) + to.zero),
      );
    }
    case 41: {
      const { channels, data } = block(inputs[0]!);
      const bias = tensors[inputs[1]!]!.values!;
      return data.map((x, i) => x - bias[i % channels]!);
    }
    default:
      throw new Error(`operator ${code}`);
  }
}

function halfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
