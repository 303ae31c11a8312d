import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type AudioFile, bufferReadable, openAudioFile } from '@speech-tokens/audio-files';
import type { CliContext } from '../context.ts';
import { standardStream } from './output-paths.ts';

/** A recording to work on. */
export interface AudioSource {
  /** File name without folders, or `stdin`. */
  readonly name: string;
  readonly file: AudioFile;
  /** Length where the file tells it. */
  readonly durationSeconds: number | undefined;
  /** SHA-256 of the bytes of the file, in lower-case hex. */
  sha256(): Promise<string>;
  close(): Promise<void>;
}

const hashBlockBytes = 2 ** 20;

/**
 * Opens a path or standard input (`-`), which is read to its end first.
 * @throws SpeechTokensError as `openAudioFile` and `bufferReadable` do
 */
export async function openAudioSource(context: CliContext, argument: string): Promise<AudioSource> {
  const { signal } = context;
  if (argument !== standardStream) {
    const path = resolve(context.cwd, argument);
    const file = await openAudioFile(path, { signal });
    const hash = async (): Promise<string> => {
      const hasher = createHash('sha256');
      for await (const bytes of createReadStream(path, { signal, highWaterMark: hashBlockBytes })) hasher.update(bytes);
      return hasher.digest('hex');
    };
    return describe(basename(path), file, hash);
  }
  const source = await bufferReadable(context.stdin, { signal });
  const hash = async (): Promise<string> => {
    const hasher = createHash('sha256');
    for (let at = 0; at < source.sizeBytes; at += hashBlockBytes) {
      signal.throwIfAborted();
      hasher.update(await source.read(at, Math.min(hashBlockBytes, source.sizeBytes - at)));
    }
    return hasher.digest('hex');
  };
  return describe('stdin', await openAudioFile(source, { signal }), hash);
}

function describe(name: string, file: AudioFile, sha256: () => Promise<string>): AudioSource {
  const durationSeconds = file.sampleCount === undefined ? undefined : file.sampleCount / file.sampleRateHz;
  return { name, file, durationSeconds, sha256, close: () => file.close() };
}
