import { type Shape, type SymbolicDim, shapesEqual } from './dim.ts';
import type { ElementType } from './element-type.ts';
import { encodeModel } from './encode-model.ts';
import { GraphBuildError } from './graph-build-error.ts';
import {
  type Attribute,
  type BuiltGraph,
  describe,
  type GraphNode,
  type GraphTensor,
  type Initializer,
  type StateTensor,
} from './graph-types.ts';

export interface StateOptions {
  readonly isInPlace?: boolean;
  readonly growing?: { readonly axis: number; readonly dim: SymbolicDim };
}

/**
 * Builds one ONNX graph, node by node. Shapes are checked at each step, so that a wrong weight is named here, and not
 * by the runtime in terms of generated names.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: GraphNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: GraphTensor[] = [];
  readonly #outputs: GraphTensor[] = [];
  readonly #states: StateTensor[] = [];
  readonly #stateValues: { readonly input: GraphTensor; readonly output: GraphTensor }[] = [];
  readonly #stateNames = new Set<string>();
  readonly #scopes: string[] = [];
  /** Results of nodes that are outputs of the graph, and the names that they have as such. */
  readonly #outputNames = new Map<string, string>();
  #counter = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Runs `build` inside a named module; errors and node names carry the path of modules. */
  scope<Result>(name: string, build: () => Result): Result {
    this.#scopes.push(name);
    try {
      return build();
    } finally {
      this.#scopes.pop();
    }
  }

  input(name: string, elementType: ElementType, shape: Shape): GraphTensor {
    const tensor = { name, elementType, shape };
    this.#inputs.push(tensor);
    return tensor;
  }

  output(name: string, tensor: GraphTensor): void {
    this.#outputs.push(this.#rename(name, tensor));
  }

  /**
   * A tensor that one run leaves to the next. `advance` must be called once, with the value that it takes.
   * @param options `isInPlace`: the value that it takes is made by one node out of the value that it had, which nothing
   * else reads and which that node changes where it lies (ScatterND and elementwise operators can). So a run does not copy
   * it; one that fails may leave it half changed. `growing`: an axis along which `shape` says the most, and the dimension
   * that it has in the graph; all such axes of a graph are of one length at a time, see `GraphState.reserve`.
   */
  state(
    name: string,
    elementType: ElementType,
    shape: readonly number[],
    { isInPlace = false, growing }: StateOptions = {},
  ): { readonly value: GraphTensor; advance(next: GraphTensor): void } {
    const path = [...this.#scopes, name].join('.');
    if (this.#stateNames.has(path)) throw this.error(`state ${name}`, 'two of this name', 'a scope for each');
    this.#stateNames.add(path);
    const inputName = `state.${path}`;
    const outputName = `next.${path}`;
    const seen: Shape = shape.map((dim, axis) => (axis === growing?.axis ? growing.dim : dim));
    const value = { name: inputName, elementType, shape: seen };
    return {
      value,
      advance: (next) => {
        if (!shapesEqual(next.shape, seen) || next.elementType !== elementType) {
          throw this.error(`state ${name}`, describe(next), describe(value));
        }
        this.#rename(outputName, next);
        this.#stateValues.push({ input: value, output: { ...value, name: outputName } });
        this.#states.push({
          name: path,
          inputName,
          outputName,
          elementType,
          shape,
          ...(isInPlace ? { isInPlace } : {}),
          ...(growing === undefined ? {} : { growingAxis: growing.axis }),
        });
      },
    };
  }

  /** Adds a tensor of weights or constants; equal names are the same tensor. */
  initializer(initializer: Initializer): GraphTensor {
    this.#initializers.set(initializer.name, initializer);
    return { name: initializer.name, elementType: initializer.elementType, shape: initializer.shape };
  }

  /** A small constant that lies inside the model. */
  constant(values: Float32Array | Int32Array | BigInt64Array, shape: readonly number[]): GraphTensor {
    const elementType = values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'int64';
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    return this.initializer({ name: `constant_${this.#counter++}`, elementType, shape, data });
  }

  scalar(value: number): GraphTensor {
    return this.constant(Float32Array.of(value), []);
  }

  int64s(values: readonly number[]): GraphTensor {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** Adds a node with one output, whose type the caller has worked out. */
  node(
    operator: string,
    inputs: readonly GraphTensor[],
    output: { readonly elementType: ElementType; readonly shape: Shape },
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): GraphTensor {
    return this.nodeWithOutputs(operator, inputs, [output], attributes, domain)[0]!;
  }

  /** Adds a node with several outputs. `undefined` stands for an optional input that is left out. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly (GraphTensor | undefined)[],
    outputs: readonly { readonly elementType: ElementType; readonly shape: Shape }[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): readonly GraphTensor[] {
    const name = [...this.#scopes, `${operator}_${this.#counter++}`].join('/');
    const tensors = outputs.map(({ elementType, shape }, i) => ({
      name: i === 0 ? name : `${name}:${i}`,
      elementType,
      shape,
    }));
    this.#nodes.push({
      operator,
      name,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: tensors.map((tensor) => tensor.name),
      attributes,
      ...(domain === undefined ? {} : { domain }),
    });
    return tensors;
  }

  /** The path of modules that are being built. */
  path(): string {
    return [this.#name, ...this.#scopes].join('/');
  }

  /** The error of a part that does not fit, with the path of modules. */
  error(what: string, found: string, wanted: string): GraphBuildError {
    return new GraphBuildError(`${this.path()}: ${what}: found ${found}, wanted ${wanted}`);
  }

  build(): BuiltGraph {
    return {
      name: this.#name,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      states: [...this.#states],
      model: encodeModel({
        name: this.#name,
        nodes: this.#nodes.map((node) => ({
          ...node,
          inputs: node.inputs.map((input) => this.#outputNames.get(input) ?? input),
          outputs: node.outputs.map((output) => this.#outputNames.get(output) ?? output),
        })),
        initializers: [...this.#initializers.values()],
        inputs: [...this.#inputs, ...this.#stateValues.map(({ input }) => input)],
        outputs: [...this.#outputs, ...this.#stateValues.map(({ output }) => output)],
      }),
    };
  }

  /** Gives a tensor the name of an output: where a node computes it, without a copy. */
  #rename(name: string, tensor: GraphTensor): GraphTensor {
    const isComputed = this.#nodes.some(({ outputs }) => outputs.includes(tensor.name));
    if (isComputed && !this.#outputNames.has(tensor.name)) {
      this.#outputNames.set(tensor.name, name);
      return { ...tensor, name };
    }
    this.#nodes.push({
      operator: 'Identity',
      name: `output/${name}`,
      inputs: [tensor.name],
      outputs: [name],
      attributes: {},
    });
    return { ...tensor, name };
  }
}
