import { SpeechTokensError } from '@speech-tokens/core';
import {
  type BuiltGraph,
  type GraphSession,
  type GraphState,
  openGraphSession,
  type SessionOptions,
} from '@speech-tokens/onnx-graph';
import type { DecoderMemory } from './decoder-memory.ts';

/** What a decoder says of the last row of a run. */
export interface DecoderOutput {
  /** `[width]` */
  readonly hidden: Float32Array;
  /** `[vocabulary]`; empty for a decoder without a head of its own. */
  readonly logits: Float32Array;
}

/** A loaded decoder; sequences share its weights. */
export interface Decoder {
  readonly columnCount: number;
  /** Positions that a sequence has room for; infinite where old ones are forgotten. */
  readonly capacityPositions: number;
  createSequence(): DecoderSequence;
  close(): Promise<void>;
}

/** What one conversation has said so far, as the keys and values of each layer. Runs of one sequence follow each other. */
export interface DecoderSequence {
  /** Positions that were run and not taken back. */
  readonly positionCount: number;
  /**
   * Runs rows of ids after those before. @param ids `[rows · columns]`, rows of the tables, −1 for none
   * @param vectors `[rows · width]` that are added to the embeddings, where the decoder takes some
   * @throws SpeechTokensError `argument-invalid` when there is no room for them; `inference-failed`, `session-closed`
   */
  run(ids: Int32Array, vectors?: Float32Array): Promise<DecoderOutput>;
  /**
   * Forgets all positions from this one on: what follows is as if they had never been. Costs nothing.
   * @throws SpeechTokensError `argument-invalid` where they lie further back than the decoder remembers
   */
  rollback(positionCount: number): void;
  /** Another sequence with the same past. The caches are copied. */
  fork(): DecoderSequence;
}

/** Loads a graph of `decoderGraph`, whose layers have this memory. */
export async function openDecoder(
  graph: BuiltGraph,
  { memory, ...options }: SessionOptions & { readonly memory: DecoderMemory },
): Promise<Decoder> {
  const session = await openGraphSession(graph, options);
  const columnCount = graph.inputs.find(({ name }) => name === 'ids')!.shape[1] as number;
  return {
    columnCount,
    capacityPositions: memory.capacityPositions,
    createSequence: () => new RememberedSequence(session, { columnCount, memory }, session.createState(), 0, 0),
    close: () => session.close(),
  };
}

interface SequenceShape {
  readonly columnCount: number;
  readonly memory: DecoderMemory;
}

class RememberedSequence implements DecoderSequence {
  readonly #session: GraphSession;
  readonly #shape: SequenceShape;
  readonly #state: GraphState;
  #positionCount: number;
  /** The most positions that there ever were: what lies further back than the memory reaches is lost. */
  #furthest: number;

  constructor(session: GraphSession, shape: SequenceShape, state: GraphState, positionCount: number, furthest: number) {
    this.#session = session;
    this.#shape = shape;
    this.#state = state;
    this.#positionCount = positionCount;
    this.#furthest = furthest;
  }

  get positionCount(): number {
    return this.#positionCount;
  }

  async run(ids: Int32Array, vectors?: Float32Array): Promise<DecoderOutput> {
    const { columnCount, memory } = this.#shape;
    const rows = ids.length / columnCount;
    const end = this.#positionCount + rows;
    if (!Number.isInteger(rows) || rows === 0) throw invalid('ids', `${ids.length} ids`, `rows of ${columnCount}`);
    if (end > memory.capacityPositions) {
      throw invalid('ids', `${end} positions`, `at most ${memory.capacityPositions}: the sequence has no more room`);
    }
    let output: DecoderOutput | undefined;
    for (let row = 0; row < rows; row += memory.rowsPerRun) {
      const last = Math.min(rows, row + memory.rowsPerRun);
      const width = (vectors?.length ?? 0) / rows;
      output = await this.#runOnce(
        ids.subarray(row * columnCount, last * columnCount),
        last - row,
        vectors?.subarray(row * width, last * width),
      );
    }
    return output!;
  }

  async #runOnce(ids: Int32Array, rows: number, vectors?: Float32Array): Promise<DecoderOutput> {
    const { columnCount, memory } = this.#shape;
    this.#state.reserve(this.#positionCount + rows);
    const { hidden, logits } = await this.#session.run(
      {
        ids: { values: ids, shape: [rows, columnCount] },
        ...memory.inputs(this.#positionCount, rows),
        ...(vectors === undefined ? {} : { vectors: { values: vectors, shape: [rows, vectors.length / rows] } }),
      },
      this.#state,
    );
    this.#positionCount += rows;
    this.#furthest = Math.max(this.#furthest, this.#positionCount);
    return { hidden: hidden as Float32Array, logits: (logits as Float32Array | undefined) ?? new Float32Array() };
  }

  rollback(positionCount: number): void {
    const first = Math.max(0, this.#furthest - this.#shape.memory.rollbackPositions);
    if (!Number.isInteger(positionCount) || positionCount < first || positionCount > this.#positionCount) {
      throw invalid('positionCount', String(positionCount), `an integer from ${first} to ${this.#positionCount}`);
    }
    this.#positionCount = positionCount;
  }

  fork(): DecoderSequence {
    const state = this.#session.createState();
    state.restore(this.#state.save());
    return new RememberedSequence(this.#session, this.#shape, state, this.#positionCount, this.#furthest);
  }
}

function invalid(argument: string, found: string, wanted: string): SpeechTokensError {
  return new SpeechTokensError('argument-invalid', {
    problem: `A decoder cannot take ${argument}`,
    found,
    wanted,
    remedy: `Give ${argument} as wanted`,
    details: { argument },
  });
}
