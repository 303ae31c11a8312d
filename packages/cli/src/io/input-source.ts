import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { bufferReadable } from '@speech-tokens/audio-files';
import { type ByteSource, SpeechTokensError } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';
import { standardStream } from './output-paths.ts';

/** The bytes of a file, of a pipe or of standard input. */
export interface InputSource extends ByteSource {
  /** File name without folders, or `stdin`. */
  readonly label: string;
  /** SHA-256 of all bytes, in lower-case hex. */
  sha256(): Promise<string>;
  /** May be called more than once. */
  close(): Promise<void>;
}

const hashBlockBytes = 2 ** 20;

/**
 * Opens what an argument names; `-` is standard input. What cannot be read at any place is read to its end first.
 * @throws SpeechTokensError `file-read`
 */
export async function openInput(context: CliContext, argument: string): Promise<InputSource> {
  const { signal } = context;
  if (argument === standardStream)
    return describe(context, 'stdin', await bufferReadable(context.stdin, { name: 'standard input', signal }));
  const path = resolve(context.cwd, argument);
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const isAbsent = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
    throw cannotRead(argument, isAbsent ? 'no such file' : (cause.code ?? cause.message), 'Check the path', cause);
  });
  if (found.isDirectory()) {
    throw cannotRead(argument, 'a folder', `Give the files in it, for example ${argument.replace(/\/$/, '')}/*`);
  }
  if (found.isFile()) return describe(context, basename(path), await openFileSource(path));
  const stream = createReadStream(path);
  try {
    return describe(context, basename(path), await bufferReadable(stream, { name: argument, signal }));
  } finally {
    stream.destroy();
  }
}

function describe(context: CliContext, label: string, source: ByteSource): InputSource {
  const { signal } = context;
  return {
    name: source.name,
    label,
    sizeBytes: source.sizeBytes,
    read: (offsetBytes, lengthBytes, options) => source.read(offsetBytes, lengthBytes, options),
    close: async () => source.close?.(),
    async sha256() {
      const hasher = createHash('sha256');
      for (let at = 0; at < source.sizeBytes; at += hashBlockBytes) {
        hasher.update(await source.read(at, Math.min(hashBlockBytes, source.sizeBytes - at), { signal }));
      }
      return hasher.digest('hex');
    },
  };
}

/** What an argument names is not a file to read. */
export function cannotRead(
  path: string,
  found: string,
  remedy: string,
  cause?: unknown,
): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', {
    problem: `${path} cannot be read`,
    found,
    remedy,
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
