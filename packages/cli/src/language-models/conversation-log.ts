import { type FileHandle, open } from 'node:fs/promises';
import { ensureFolder } from '../io/ensure-folder.ts';
import { cannotWrite } from './sound-output.ts';

/** A step of a conversation. */
export interface StepEvent {
  readonly step: number;
  /** When the step begins, in the conversation. */
  readonly seconds: number;
  /** How long the model took. */
  readonly stepSeconds: number;
  /** How much later the step ended than its sound was due; in real time alone. */
  readonly behindSeconds?: number;
  readonly text?: string;
  /** Ids that make no whole frame, and have no sound. */
  readonly brokenIds?: readonly number[];
  /** Samples of the answer, at its rate, that the step gave the tokens of. */
  readonly answer?: { readonly startSample: number; readonly endSample: number };
}

/** Lines of JSON, written as they come. */
export interface ConversationLog {
  add(event: object): Promise<void>;
  close(): Promise<void>;
}

/** @throws SpeechTokensError `file-write` */
export async function openConversationLog(path: string | undefined): Promise<ConversationLog> {
  if (path === undefined) return { add: async () => {}, close: async () => {} };
  await ensureFolder(path);
  const attempt = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((cause: NodeJS.ErrnoException) => {
      throw cannotWrite(path, cause);
    });
  const file: FileHandle = await attempt(open(path, 'w'));
  return {
    add: async (event) => void (await attempt(file.write(`${JSON.stringify(event)}\n`))),
    close: () => file.close(),
  };
}
