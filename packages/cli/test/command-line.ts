import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { encodeWav } from '@speech-tokens/audio-files';
import { afterEach } from 'vitest';
import { runCli } from '../src/run-cli.ts';

/** A plugin that keeps every promise. */
export const keptPlugin: string = fileURLToPath(new URL('./plugins/kept', import.meta.url));
/** A plugin that loads in any process. */
export const stepsPlugin: string = fileURLToPath(new URL('./plugins/steps', import.meta.url));
export const slowPlugin: string = fileURLToPath(new URL('./plugins/slow', import.meta.url));
export const talkerPlugin: string = fileURLToPath(new URL('./plugins/talker', import.meta.url));
export const brokenPlugin: string = fileURLToPath(new URL('./plugins/broken', import.meta.url));

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly stdin?: Uint8Array;
  readonly env?: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
  /** Columns of the terminal that both outputs seem to be; none where absent. */
  readonly terminalColumns?: number;
  /** Called with each piece of standard error. */
  readonly onStderr?: (text: string) => void;
}

/** Runs the command line in this process, with streams that keep what they are given. */
export async function run(argv: readonly string[], options: RunOptions): Promise<Run> {
  const { cwd, stdin = new Uint8Array(), env = {}, signal, terminalColumns } = options;
  const terminal = terminalColumns === undefined ? {} : { isTTY: true, columns: terminalColumns };
  const [stdout, stderr] = [keeper(), keeper()];
  if (options.onStderr !== undefined) stderr.stream.on('data', (part: Buffer) => options.onStderr?.(String(part)));
  const code = await runCli(argv, {
    cwd,
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: Object.assign(stdout.stream, terminal),
    stderr: Object.assign(stderr.stream, terminal),
    env: { SPEECH_TOKENS_CACHE: join(cwd, 'cache'), HF_HOME: join(cwd, 'hf'), SPEECH_TOKENS_OFFLINE: '1', ...env },
    ...(signal === undefined ? {} : { signal }),
  });
  const stdoutBytes = stdout.bytes();
  return { code, stdoutBytes, stdout: stdoutBytes.toString(), stderr: stderr.bytes().toString() };
}

function keeper(): { readonly stream: PassThrough; bytes(): Buffer } {
  const parts: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (part: Buffer) => parts.push(part));
  return { stream, bytes: () => Buffer.concat(parts) };
}

const folders: string[] = [];

/** A new folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-cli-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A WAV file of a tone that swells and fades. */
export function toneWav(durationSeconds: number, sampleRateHz = 16_000, channelCount = 1): Uint8Array {
  const samples = Float32Array.from({ length: Math.round(durationSeconds * sampleRateHz) }, (_, i) => {
    const seconds = i / sampleRateHz;
    return 0.5 * Math.sin(2 * Math.PI * 3 * seconds) * Math.sin(2 * Math.PI * 15 * seconds);
  });
  return encodeWav({ sampleRateHz, channels: Array.from({ length: channelCount }, () => samples) });
}
