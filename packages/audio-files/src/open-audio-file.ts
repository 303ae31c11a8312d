import {
  type ByteSource,
  blobSource,
  bytesSource,
  type CallOptions,
  type PcmChunk,
  SpeechTokensError,
} from '@speech-tokens/core';
import { breathe } from './abort.ts';
import {
  type AudioFile,
  createWarningList,
  type FormatReader,
  type ReadOptions,
  type WarningList,
} from './audio-file.ts';
import { detectBytes, detectFormat, supportedFormats } from './detect/detect-format.ts';
import { skipId3 } from './detect/id3.ts';
import { argumentError, decodeError } from './errors.ts';
import { openAiff } from './formats/aiff/open-aiff.ts';
import { openFlac } from './formats/flac/open-flac.ts';
import { openOggFlac } from './formats/ogg/open-ogg-flac.ts';
import { openWav } from './formats/wav/open-wav.ts';
import { createByteWindow } from './source/byte-window.ts';
import { sourceFrom } from './source/source-from.ts';

/**
 * What can be opened: a path, a `file:` URL, bytes in memory, a `Blob` or `File`, or a source of one's own. An open
 * file closes its source when it is closed.
 */
export type AudioInput = string | URL | Uint8Array | Blob | ByteSource;

/**
 * Opens a sound file, found out by its content: WAV (RIFF, RIFX, RF64, BW64), AIFF, AIFF-C, FLAC, MP3, Ogg Vorbis,
 * Ogg Opus, Ogg FLAC. Only headers are read here.
 * @throws SpeechTokensError `file-read` when the file cannot be read
 * @throws SpeechTokensError `audio-decode` when it is of no known kind, or its header cannot be right
 */
export async function openAudioFile(input: AudioInput, options: CallOptions = {}): Promise<AudioFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  const source = await toSource(input);
  const warnings = createWarningList();
  try {
    const reader = await openReader(source, warnings, signal);
    return createAudioFile(source, reader, warnings);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

async function toSource(input: AudioInput): Promise<ByteSource> {
  if (input instanceof Uint8Array) return bytesSource(input);
  if (typeof Blob !== 'undefined' && input instanceof Blob) return blobSource(input);
  if (typeof input === 'string' || input instanceof URL) {
    // Loaded here only, so that a browser never meets it.
    const { openFileSource } = await import('@speech-tokens/core/node/files');
    return await openFileSource(input);
  }
  const source = input as ByteSource;
  if (
    !(source instanceof Object) ||
    typeof source.name !== 'string' ||
    typeof source.read !== 'function' ||
    !(source.sizeBytes >= 0)
  ) {
    throw argumentError(
      'input',
      String(input),
      'a path, a file: URL, bytes, a Blob, or a source with name, sizeBytes and read',
    );
  }
  return source;
}

async function openReader(
  whole: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(whole, signal, detectBytes);
  const tagBytes = await skipId3(window);
  const source = tagBytes === 0 ? whole : sourceFrom(whole, tagBytes);
  const detected = detectFormat(await window.peek(tagBytes, detectBytes));
  switch (detected.format) {
    case 'wav':
      return await openWav(source, warnings, signal);
    case 'aiff':
      return await openAiff(source, warnings, signal);
    case 'flac':
      return await openFlac(source, warnings, signal);
    // Decoders that carry a WebAssembly module are loaded when a file needs them.
    case 'mp3':
      return await (await import('./formats/mp3/open-mp3.ts')).openMp3(source, warnings, signal);
    case 'ogg-vorbis':
      return await (await import('./formats/ogg/open-vorbis.ts')).openVorbis(source, warnings, signal);
    case 'ogg-opus':
      return await (await import('./formats/ogg/open-opus.ts')).openOpus(source, warnings, signal);
    case 'ogg-flac':
      return await openOggFlac(source, warnings, signal);
    case undefined:
      throw decodeError({
        problem: 'Not a sound file that can be read',
        found: detected.looksLike,
        wanted: supportedFormats,
        ...(detected.remedy === undefined ? {} : { remedy: detected.remedy }),
        name: source.name,
      });
  }
}

/** Longest stretch of work between two chances for timers and aborts. */
const workSliceMs = 25;

function createAudioFile(source: ByteSource, reader: FormatReader, warnings: WarningList): AudioFile {
  let closing: Promise<void> | undefined;
  const checkOpen = (): void => {
    if (closing !== undefined) {
      throw new SpeechTokensError('session-closed', {
        problem: `${source.name}: The audio file was closed`,
        remedy: 'Open it again',
        details: {},
      });
    }
  };

  async function* read(options: ReadOptions): AsyncGenerator<PcmChunk> {
    const { signal, onProgress } = options;
    const { start, end } = checkedRange(options);
    const total = reader.sampleCount === undefined ? undefined : Math.max(0, Math.min(end, reader.sampleCount) - start);
    signal?.throwIfAborted();
    let sliceStart = performance.now();
    for await (const chunk of reader.readRange(start, end, signal)) {
      signal?.throwIfAborted();
      yield chunk;
      const done = chunk.startSample + (chunk.channels[0]?.length ?? 0) - start;
      onProgress?.({ stage: 'Reading audio', done, ...(total === undefined ? {} : { total }), unit: 'samples' });
      checkOpen();
      if (performance.now() - sliceStart > workSliceMs) {
        await breathe(signal);
        sliceStart = performance.now();
      }
      signal?.throwIfAborted();
    }
  }

  return {
    format: reader.format,
    encoding: reader.encoding,
    sampleRateHz: reader.sampleRateHz,
    channelCount: reader.channelCount,
    sampleCount: reader.sampleCount,
    warnings: warnings.items,
    read(options = {}) {
      checkOpen();
      return read(options);
    },
    close() {
      closing ??= source.close?.() ?? Promise.resolve();
      return closing;
    },
  };
}

function checkedRange(options: ReadOptions): { readonly start: number; readonly end: number } {
  const { startSample = 0, endSample = Number.MAX_SAFE_INTEGER } = options;
  if (!Number.isSafeInteger(startSample) || startSample < 0) {
    throw argumentError('startSample', String(startSample), 'an integer of 0 or more');
  }
  if (!Number.isSafeInteger(endSample) || endSample < startSample) {
    throw argumentError('endSample', String(endSample), `an integer of at least startSample (${startSample})`);
  }
  return { start: startSample, end: endSample };
}
