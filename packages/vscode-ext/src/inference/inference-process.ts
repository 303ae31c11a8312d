import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createPeer, type Message, type Peer, type RequestOptions } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { AskerMethods, DocumentSource, FetchOffer, InferenceMethods, InferenceSettings } from './methods.ts';

export interface InferenceProcessOptions {
  /** What it is to people, and in the list of the system's processes. */
  readonly name?: string;
  /** Path of the script that is forked. */
  readonly script: string;
  /** Options of Node.js for it. */
  readonly execArgv?: readonly string[];
  readonly settings: InferenceSettings;
  /** Whether everything else on the machine goes first: models use as much of it as there is, and pictures must not wait. */
  readonly isInBackground?: boolean;
  /** The process ended though nobody had closed it; with the reason, for people. The next request starts another. */
  readonly onEnd?: (reason: string) => void;
  /** What it writes to its standard output and error. */
  readonly onOutput?: (text: string) => void;
  /** Asked before each download. Where absent, none is made. */
  readonly mayFetch?: (offer: FetchOffer) => Promise<boolean>;
}

type Request = Peer<InferenceMethods>['request'];

/** The inference process as its asker sees it: it is started when something is asked of it, as often as it takes. */
export interface InferenceProcess {
  readonly request: Request;
  /** The number of the running process: 1, 2, …; it starts one where none runs. What was open in another is not in this one. */
  running(): number;
  /** The id of the running process in the system, for tests and messages. */
  readonly pid: number | undefined;
  /** Ends the running process at once, if there is one. What waits is rejected with the reason. */
  kill(reason: string): void;
  /** Ends the process, and has the next one work with other settings. */
  configure(settings: InferenceSettings): void;
}

export function createInferenceProcess({
  name = t('inference process'),
  script,
  execArgv = [],
  settings: firstSettings,
  isInBackground = false,
  onEnd,
  onOutput,
  mayFetch = async () => false,
}: InferenceProcessOptions): InferenceProcess {
  let settings = firstSettings;
  let count = 0;
  let running: { readonly child: ChildProcess; readonly peer: Peer<InferenceMethods> } | undefined;

  const start = (): Peer<InferenceMethods> => {
    const child = fork(script, [name], {
      serialization: 'advanced',
      execArgv: [...execArgv],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ORT_DISABLE_TELEMETRY: '1',
        // In the desktop editor Node.js is inside Electron.
        ...(process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }),
      },
    });
    if (isInBackground && child.pid !== undefined) yieldToOthers(child.pid, onOutput);
    child.stdout?.on('data', (data: Buffer) => onOutput?.(data.toString()));
    child.stderr?.on('data', (data: Buffer) => onOutput?.(data.toString()));
    const peer = createPeer<InferenceMethods, AskerMethods>(
      {
        send: (message) => void child.send(message, () => {}),
        onMessage: (listener) => void child.on('message', (message) => listener(message as Message)),
        onClose: (listener) => {
          const ended = (reason: string): void => {
            listener(reason);
            if (running?.child !== child) return;
            running = undefined;
            onEnd?.(reason);
          };
          child.on('error', (error) => ended(t('The {0} could not be run: {1}', name, error.message)));
          child.on('exit', (code, signal) => {
            const how = signal === null ? t('exit code {0}', code ?? '') : t('signal {0}', signal);
            ended(t('The {0} ended ({1})', name, how));
          });
        },
      },
      { mayFetch },
    );
    running = { child, peer };
    count++;
    // First of all, and in order: nothing is answered before. Where it fails, so does what comes after it.
    peer.request('configure', settings).catch(() => {});
    return peer;
  };
  const kill = (reason: string): void => {
    if (running === undefined) return;
    const { child, peer } = running;
    running = undefined;
    peer.close(reason);
    child.kill('SIGKILL');
  };
  return {
    request: (method, params, options) => (running?.peer ?? start()).request(method, params, options),
    running() {
      if (running === undefined) start();
      return count;
    },
    get pid() {
      return running?.child.pid;
    },
    kill,
    configure(changed) {
      settings = changed;
      kill(t('The settings have changed'));
    },
  };
}

/** At once: on Linux, threads have the priority of the one that starts them. */
function yieldToOthers(pid: number, onOutput: InferenceProcessOptions['onOutput']): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    // Not everybody may do that everywhere, and a process that has ended already says so by itself.
    onOutput?.(`The priority of process ${pid} stays as it is: ${String(error)}`);
  }
}

type DocumentMethod = Exclude<
  keyof InferenceMethods,
  'configure' | 'tokenizers' | 'fetchModel' | 'removeModel' | 'close'
>;
type WithoutDocument<Params> = Omit<Params, 'document' | 'source'>;

/** A document that is opened in the process when something is asked of it, and anew in every new process. */
export interface InferenceDocument {
  request<Name extends DocumentMethod>(
    method: Name,
    params: WithoutDocument<InferenceMethods[Name]['params']>,
    options?: RequestOptions<InferenceMethods[Name]['progress']>,
  ): Promise<InferenceMethods[Name]['result']>;
  /** Opens it anew when something is asked of it the next time. */
  forget(): void;
  close(): void;
}

/** @param read gives the source, each time that it is opened */
export function createInferenceDocument(
  inference: InferenceProcess,
  document: string,
  read: () => Promise<DocumentSource>,
): InferenceDocument {
  let opened: { readonly process: number; readonly facts: Promise<InferenceMethods['open']['result']> } | undefined;
  let isClosed = false;

  const open = (options?: RequestOptions<InferenceMethods['open']['progress']>) => {
    const process = inference.running();
    if (opened?.process === process) return opened.facts;
    const facts = (async () => inference.request('open', { document, source: await read() }, options))();
    const opening = { process, facts };
    opened = opening;
    // Also what was broken may be mended when it is asked for again.
    facts.catch(() => {
      if (opened === opening) opened = undefined;
    });
    return facts;
  };
  return {
    async request(method, params, options) {
      const facts = await open(
        method === 'open'
          ? (options as RequestOptions<InferenceMethods['open']['progress']>)
          : { signal: options?.signal },
      );
      if (method === 'open') return facts;
      // The process may have ended in the meantime.
      if (opened?.process !== inference.running()) await open();
      return inference.request(method, { document, ...params } as never, options as never);
    },
    forget() {
      opened = undefined;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      const isThere = inference.pid !== undefined && opened?.process === inference.running();
      if (isThere) inference.request('close', { document }).catch(() => {});
    },
  };
}
