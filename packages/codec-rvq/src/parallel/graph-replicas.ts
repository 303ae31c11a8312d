import type { GraphSession, RuntimeOptions, TensorInput, TensorValues } from '@speech-tokens/onnx-graph';
import { openAll } from './open-all.ts';

/** A graph whose runs know nothing of each other, as often as it can run at a time. */
export interface GraphReplicas {
  /** How many runs it is worth to have under way: those that compute, and one that waits for its turn. */
  readonly atOnce: number;
  /** Runs the graph once, from no state on. @throws SpeechTokensError `inference-failed`, `session-closed` */
  run(inputs: Readonly<Record<string, TensorInput>>): Promise<Readonly<Record<string, TensorValues>>>;
  close(): Promise<void>;
}

/** A graph that is loaded once: its own threads work on one run. */
export function oneReplica(session: GraphSession): GraphReplicas {
  return {
    atOnce: 1,
    run: (inputs) => session.run(inputs, session.createState()),
    close: () => session.close(),
  };
}

/** Each holds a copy of the weights and of what lies between layers. */
const mostReplicas = 4;

/**
 * Loads a graph once for each thread, each on a thread of its own. Two threads in one graph wait for each other after every
 * layer and sum in another order; two windows side by side do not, so that values are those of one thread, bit for bit.
 * With more threads than `mostReplicas`, each of those gets several.
 * @param most how many there may be, where other graphs are to run beside them
 */
export async function openReplicas(
  open: (options: RuntimeOptions & { readonly ownThread: boolean }) => Promise<GraphSession>,
  runtime: RuntimeOptions,
  most?: number,
): Promise<GraphReplicas> {
  const { threadCount = 1 } = runtime;
  const count = Math.min(threadCount, most ?? mostReplicas);
  const eachThreads = most === undefined ? Math.floor(threadCount / count) : 1;
  const options = { ...runtime, threadCount: eachThreads, ownThread: threadCount > 1 };
  const { sessions, close } = await openAll(Array.from({ length: count }, () => () => open(options)));
  const idle = [...sessions];
  const waiting: ((session: GraphSession) => void)[] = [];
  return {
    atOnce: threadCount === 1 ? 1 : count + 1,
    async run(inputs) {
      const session = idle.pop() ?? (await new Promise<GraphSession>((resolve) => waiting.push(resolve)));
      try {
        return await session.run(inputs, session.createState());
      } finally {
        const next = waiting.shift();
        if (next === undefined) idle.push(session);
        else next(session);
      }
    },
    close,
  };
}
