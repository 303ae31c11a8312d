import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that says a line when it is ready, and then answers each line with the seconds that a run took. */
export interface TimedProcess {
  /** @param line what to run */
  time(line: string): Promise<number>;
  stop(): void;
}

export async function startTimedProcess(program: string, argv: readonly string[]): Promise<TimedProcess> {
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${program} has stopped`);
    return value;
  };
  await next();
  return {
    async time(line) {
      child.stdin.write(`${line}\n`);
      return Number(await next());
    },
    stop: () => void child.stdin.end(),
  };
}
