import { createWriteStream, type WriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createWavWriter, type WavSampleFormat, type WavWritten } from '@speech-tokens/audio-files';
import { type AudioClip, type AudioFormat, SpeechTokensError } from '@speech-tokens/core';
import { BrokenPipeError, type CliContext } from '../context.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { shortPath, standardStream } from '../io/output-paths.ts';
import { formatDuration } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';

/** Sound that is written while it is made. */
export interface SoundOutput {
  readonly sampleFormat: WavSampleFormat;
  write(clip: AudioClip): Promise<void>;
  finish(): Promise<WavWritten>;
  /**
   * After a failure: what was streamed stays, and a file that is not whole goes. After `finish` it does nothing.
   * @returns whether anything stays
   */
  abandon(): Promise<boolean>;
}

export interface SoundOutputOptions {
  readonly float?: boolean;
  readonly stream?: boolean;
}

/**
 * A WAV that appears when it is whole; with `stream`, and on standard output, one that grows.
 * @param output absolute path, or `-`
 * @throws SpeechTokensError `file-write`
 */
export async function openSoundOutput(
  context: CliContext,
  output: string,
  format: AudioFormat,
  { float, stream }: SoundOutputOptions,
): Promise<SoundOutput> {
  const sampleFormat = float === true ? 'float32' : 'int16';
  await ensureFolder(output);
  const file = output !== standardStream && stream === true ? await openStream(output) : undefined;
  const target = output === standardStream ? { stream: context.stdout } : file ? { stream: file } : { path: output };
  const writer = await createWavWriter({ ...format, sampleFormat, ...target });
  let hasSound = false;
  return {
    sampleFormat,
    async write(clip) {
      await writer.write(clip);
      hasSound = true;
    },
    async finish() {
      const written = await writer.finish();
      await closed(file);
      return written;
    },
    async abandon() {
      await writer.abort();
      await closed(file);
      if (file !== undefined && !hasSound) await rm(output, { force: true });
      return hasSound && !('path' in target);
    },
  };
}

/** Says what became of the sound where the run was stopped before its end. */
export function reportStopped(context: CliContext, output: string, soundSeconds: number, isKept: boolean): void {
  const { signal, cwd } = context;
  if (!signal.aborted || signal.reason instanceof BrokenPipeError || output === standardStream) return;
  const path = printable(shortPath(output, cwd));
  const made = formatDuration(soundSeconds);
  context.report(isKept ? `Stopped: ${path} holds ${made} of sound` : `Stopped: ${made} of sound are dropped`);
}

async function openStream(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause: NodeJS.ErrnoException) => reject(cannotWrite(path, cause)));
  });
  return stream;
}

function closed(stream: WriteStream | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined || stream.closed) resolve();
    else stream.once('close', () => resolve()).end();
  });
}

export function cannotWrite(path: string, cause: NodeJS.ErrnoException): SpeechTokensError<'file-write'> {
  return new SpeechTokensError('file-write', {
    problem: `${path} cannot be written`,
    found: cause.code ?? cause.message,
    remedy: 'Check the path, its permissions and the space on the disk',
    details: { path },
    cause,
  });
}
