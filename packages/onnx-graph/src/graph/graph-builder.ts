import { type Dim, type Shape, type SymbolicDim, shapesEqual } from './dim.ts';
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
  /** Outputs that say where rows of memories lie, by the tensors that they are. */
  readonly #places = new Map<string, GraphTensor>();
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
   * A tensor that one run leaves to the next. `advance` must be called once, with the value that it takes. The runtime
   * hands a copy of it to its caller at each run: what is large is better a `memory`.
   */
  state(
    name: string,
    elementType: ElementType,
    shape: readonly number[],
  ): { readonly value: GraphTensor; advance(next: GraphTensor): void } {
    const names = this.#stateNamesOf(name);
    const value = { name: names.inputName, elementType, shape };
    return {
      value,
      advance: (next) => {
        if (!shapesEqual(next.shape, shape) || next.elementType !== elementType) {
          throw this.error(`state ${name}`, describe(next), describe(value));
        }
        this.#addState({ ...names, elementType, shape }, value, this.#rename(names.outputName, next));
      },
    };
  }

  /**
   * A tensor of float32 with a place for each of many rows along an axis, which sessions carry: a run reads it, and gives
   * new rows. `append` must be called once, with these and the place of the last of them, int32 `[1]`; they lie one after
   * the other, and after the last place of all comes the first. The session writes them down once the run has succeeded:
   * nothing else of it is copied.
   * @param options `dim`: of the axis in the graph, where it grows up to what `shape` says; all growing memories of a graph
   * are of one length at a time, see `GraphState.reserve`
   */
  memory(
    name: string,
    shape: readonly number[],
    { axis, dim }: { readonly axis: number; readonly dim?: SymbolicDim },
  ): { readonly value: GraphTensor; append(rows: GraphTensor, lastPlace: GraphTensor): void } {
    const names = this.#stateNamesOf(name);
    const elementType = 'float32';
    const along = (length: Dim): Shape => shape.map((size, i) => (i === axis ? length : size));
    const value = { name: names.inputName, elementType, shape: along(dim ?? shape[axis]!) } as const;
    return {
      value,
      append: (rows, lastPlace) => {
        if (!shapesEqual(rows.shape, along(rows.shape[axis]!)) || rows.elementType !== elementType) {
          throw this.error(`memory ${name}`, describe(rows), `rows along axis ${axis} of ${describe(value)}`);
        }
        const lastName = this.#placeName(lastPlace);
        const memory = { axis, lastName, grows: dim !== undefined };
        this.#addState({ ...names, elementType, shape, memory }, value, this.#rename(names.outputName, rows));
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
        outputs: [...this.#outputs, ...this.#stateValues.map(({ output }) => output), ...this.#places.values()],
      }),
    };
  }

  #stateNamesOf(name: string): Pick<StateTensor, 'name' | 'inputName' | 'outputName'> {
    const path = [...this.#scopes, name].join('.');
    if (this.#stateNames.has(path)) throw this.error(`state ${name}`, 'two of this name', 'a scope for each');
    this.#stateNames.add(path);
    return { name: path, inputName: `state.${path}`, outputName: `next.${path}` };
  }

  #addState(state: StateTensor, input: GraphTensor, output: GraphTensor): void {
    this.#states.push(state);
    this.#stateValues.push({ input, output });
  }

  /** The name of the output that a place is; one for all memories that share it. */
  #placeName(place: GraphTensor): string {
    const known = this.#places.get(place.name);
    if (known !== undefined) return known.name;
    if (place.elementType !== 'int32' || !shapesEqual(place.shape, [1])) {
      throw this.error('place of rows', describe(place), describe({ elementType: 'int32', shape: [1] }));
    }
    const name = `place.${this.#places.size}`;
    this.#places.set(place.name, this.#rename(name, place));
    return name;
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
