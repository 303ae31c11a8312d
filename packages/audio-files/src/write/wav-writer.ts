import type { Writable } from 'node:stream';
import { type AudioClip, SpeechTokensError, sampleCountOf } from '@speech-tokens/core';
import { type AudioWarning, createWarningList } from '../audio-file.ts';
import type { ByteTarget } from './byte-target.ts';
import { createSampleWriter, type SampleWriterOptions } from './sample-writer.ts';
import { bytesPerSampleOf, checkWavFormat, wavHeader } from './wav-header.ts';

export type WavWriterOptions = SampleWriterOptions &
  (
    | { /** The file, which appears there only when it is complete. */ readonly path: string }
    | {
        /** A stream such as standard output; its header cannot tell the length. It is not ended. */
        readonly stream: Writable;
      }
  );

export interface WavWritten {
  /** Samples in each channel. */
  readonly sampleCount: number;
  readonly clippedCount: number;
  readonly warnings: readonly AudioWarning[];
}

/** Writes one WAV file piece by piece. Calls run in the order they were made, also when they are not awaited. */
export interface WavWriter {
  /**
   * Resolves when the bytes are out of the way, so that awaiting it holds back a producer that is too fast.
   * @throws SpeechTokensError `audio-format` when the clip does not fit, `file-write` when writing fails; the writer
   * is then discarded as by `abort`
   */
  write(clip: AudioClip): Promise<void>;
  /** Completes the file. @throws SpeechTokensError `file-write`, `session-closed` */
  finish(): Promise<WavWritten>;
  /** Gives up: nothing is left behind, and a file that had the name before stays as it was. May follow anything. */
  abort(): Promise<void>;
}

/**
 * Starts a WAV file of 16-bit integers or 32-bit floats. Beyond 4 GiB it becomes RF64.
 * @throws SpeechTokensError `argument-invalid` when WAV cannot hold the format
 * @throws SpeechTokensError `file-write` when the file cannot be made
 */
export async function createWavWriter(options: WavWriterOptions): Promise<WavWriter> {
  checkWavFormat(options);
  const { sampleRateHz, channelCount, sampleFormat } = options;
  const isFile = 'path' in options;
  const header = (dataBytes: number | undefined): Uint8Array =>
    wavHeader({ sampleRateHz, channelCount, sampleFormat, dataBytes, reserveLongSizes: isFile });
  const targets = await import('./byte-target.ts');
  const target: ByteTarget = isFile ? await targets.openFileTarget(options.path) : targets.streamTarget(options.stream);
  const samples = createSampleWriter(options);
  const frameBytes = channelCount * bytesPerSampleOf(sampleFormat);
  let sampleCount = 0;
  let state: 'open' | 'finished' | 'discarded' = 'open';

  const discard = async (): Promise<void> => {
    if (state !== 'open') return;
    state = 'discarded';
    await target.discard();
  };
  /** Runs one step after those before it; a failed one ends the file. */
  let queue: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(step: () => Promise<T>): Promise<T> => {
    const result = queue.then(async () => {
      if (state !== 'open') throw closedError(state);
      try {
        return await step();
      } catch (error) {
        // The first error counts.
        await discard().catch(() => undefined);
        throw error;
      }
    });
    queue = result.catch(() => {});
    return result;
  };

  // Unknown sizes first: should the process be killed, what lies there can still be read as far as it goes.
  await inOrder(() => target.append(header(undefined)));
  return {
    write: (clip) =>
      inOrder(async () => {
        const bytes = samples.encode(clip);
        if (bytes.length > 0) await target.append(bytes);
        sampleCount += sampleCountOf(clip);
      }),
    finish: () =>
      inOrder(async () => {
        await target.commit(header(sampleCount * frameBytes));
        state = 'finished';
        const warnings = createWarningList();
        const { clippedCount } = samples;
        if (clippedCount > 0) {
          warnings.add(
            'clipped',
            `${clippedCount} values beyond [-1, 1] were clipped; lower the level, or write float32`,
          );
        }
        return { sampleCount, clippedCount, warnings: warnings.items };
      }),
    abort: () => {
      const result = queue.then(discard);
      queue = result.catch(() => {});
      return result;
    },
  };
}

function closedError(state: string): SpeechTokensError {
  return new SpeechTokensError('session-closed', {
    problem: `The WAV file was ${state}`,
    remedy: 'Create a new writer for the next file',
    details: {},
  });
}
