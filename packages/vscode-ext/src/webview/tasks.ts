import type { Done, Fetched } from '../inference/index.ts';
import { isRequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { button, create, problem, progressBar } from './controls/index.ts';
import { timeLeftText } from './time-left.ts';

export interface TaskContext {
  readonly signal: AbortSignal;
  readonly onProgress: (done: Done) => void;
  readonly onBytes: (fetched: Fetched) => void;
}

/** Something that mends a failure, in place of trying the same again. */
export interface Remedy {
  readonly label: string;
  act(): void;
}

/** Long work: each piece has a bar with a button to cancel it, and where it fails, a message with a button to try again. */
export interface Tasks {
  readonly element: HTMLElement;
  /**
   * Runs something, again and again as the user asks for it, and resolves to whether it succeeded the first time.
   * @param name of one piece of work: a new one takes the place of an older one of the same name
   * @param remedyFor an error, where there is one
   */
  run(
    name: string,
    work: (context: TaskContext) => Promise<void>,
    remedyFor?: (error: unknown) => Remedy | undefined,
  ): Promise<boolean>;
  /** Cancels and forgets all work whose name begins so. */
  drop(prefix: string): void;
  /** Runs again what has failed or was cancelled. */
  retry(): void;
  /** Runs again what was interrupted because the process ended. */
  resume(): void;
}

interface Task {
  readonly controller: AbortController;
  readonly element: HTMLElement;
  readonly again: () => Promise<boolean>;
  hasFailed: boolean;
  wasInterrupted: boolean;
}

/** Why a signal has aborted: the user has cancelled it, and nothing newer takes its place. */
export const cancelled: Error = new Error('Cancelled');

export function createTasks(): Tasks {
  const element = create('div');
  const tasks = new Map<string, Task>();

  const remove = (name: string): void => {
    const task = tasks.get(name);
    if (task === undefined) return;
    tasks.delete(name);
    task.element.remove();
    task.controller.abort(new Error('Replaced'));
  };
  const run: Tasks['run'] = async (name, work, remedyFor) => {
    remove(name);
    const controller = new AbortController();
    const bar = progressBar(() => controller.abort(cancelled));
    const place = element.appendChild(create('div', {}, bar.element));
    const again = (): Promise<boolean> => run(name, work, remedyFor);
    const task: Task = { controller, element: place, again, hasFailed: false, wasInterrupted: false };
    tasks.set(name, task);
    bar.show(name, undefined);
    let [current, since] = ['', 0];
    try {
      await work({
        signal: controller.signal,
        onProgress({ stage, doneSeconds, totalSeconds }) {
          if (stage !== current) [current, since] = [stage, performance.now()];
          const share = totalSeconds === undefined ? undefined : Math.min(1, doneSeconds / (totalSeconds || 1));
          bar.show(stage, share, share === undefined ? '' : timeLeftText(performance.now() - since, share));
        },
        onBytes({ stage, doneBytes, totalBytes }) {
          bar.show(stage, totalBytes === undefined ? undefined : Math.min(1, doneBytes / (totalBytes || 1)));
        },
      });
      if (tasks.get(name) === task) remove(name);
      return true;
    } catch (error) {
      if (tasks.get(name) !== task) return false;
      task.hasFailed = true;
      task.wasInterrupted = isRequestError(error, 'connection-closed');
      const text = error === cancelled ? t('{0}: cancelled.', name) : messageOf(error);
      const remedy = remedyFor?.(error);
      const mend = remedy === undefined ? [] : [button(remedy.label, remedy.act)];
      place.replaceChildren(problem(text, [...mend, button(t('Try again'), () => void again())]));
      return false;
    }
  };
  return {
    element,
    run,
    drop(prefix) {
      for (const name of [...tasks.keys()]) if (name.startsWith(prefix)) remove(name);
    },
    retry() {
      for (const task of [...tasks.values()]) if (task.hasFailed) void task.again();
    },
    resume() {
      for (const task of [...tasks.values()]) if (task.wasInterrupted) void task.again();
    },
  };
}

/** What went wrong, for people. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return isRequestError(error, 'connection-closed') ? t('{0}. What it was doing was not finished.', text) : text;
}
