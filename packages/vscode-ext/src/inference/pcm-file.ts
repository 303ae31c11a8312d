import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioFile } from '@speech-tokens/audio-files';
import { type PcmChunk, raceSignal, SpeechTokensError, sampleCountOf } from '@speech-tokens/core';

/** Samples of a recording from any place. */
export interface RangeReader {
  /** Within the recording; the end is exclusive. */
  read(options: {
    readonly startSample?: number;
    readonly endSample?: number;
    readonly signal?: AbortSignal;
  }): AsyncIterable<PcmChunk>;
  close(): Promise<void>;
}

/** Larger files are not made: 6 hours of 44.1 kHz stereo. */
const mostBytes = 4 * 2 ** 30;

const chunkSamples = 16_384;

export interface PcmFile extends RangeReader {
  /** Decodes all of it. @returns the samples in each channel */
  count(onCount: (soFar: number) => void, signal: AbortSignal): Promise<number>;
}

/**
 * A recording whose format must be decoded from its start: decoded once, when it is first read, into a temporary file of
 * 16 bit samples. What is there already can be read before all of it is; closing removes the file.
 */
export function createPcmFile(recording: AudioFile, directory: string): PcmFile {
  const { channelCount, sampleRateHz } = recording;
  const frameBytes = 2 * channelCount;
  const controller = new AbortController();
  let filling: Promise<void> | undefined;
  let file: FileHandle | undefined;
  let path = '';
  let written = 0;
  let isWhole = false;
  let failure: unknown;
  /** Resolves when more has been written, or no more will be. */
  let more: Promise<void>;
  let tell = (): void => {};
  const wait = (): void => {
    more = new Promise((resolve) => {
      tell = () => {
        wait();
        resolve();
      };
    });
  };
  wait();
  const fill = async (): Promise<void> => {
    checkSize((recording.sampleCount ?? 0) * frameBytes);
    await mkdir(directory, { recursive: true });
    path = join(directory, `speech-tokens-${randomUUID()}.pcm`);
    file = await open(path, 'wx+');
    // Where the system allows it the file loses its name at once, so that not even a killed process leaves it behind.
    if (process.platform !== 'win32') await rm(path, { force: true });
    for await (const { channels } of recording.read({ signal: controller.signal })) {
      const bytes = toInterleaved(channels);
      for (let done = 0; done < bytes.length; ) {
        const at = written * frameBytes + done;
        done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
      written += channels[0]!.length;
      checkSize(written * frameBytes);
      tell();
    }
    isWhole = true;
  };
  const remove = async (): Promise<void> => {
    await file?.close();
    if (path !== '') await rm(path, { force: true });
    file = undefined;
  };
  const start = (): void => {
    if (filling !== undefined) return;
    failure = undefined;
    written = 0;
    filling = fill()
      .catch(async (error: unknown) => {
        failure = error;
        await remove();
        // The next one who reads tries again.
        filling = undefined;
      })
      .finally(() => tell());
  };

  const next = async (signal: AbortSignal | undefined): Promise<void> => {
    await raceSignal(more, signal);
    if (failure !== undefined) throw failure;
  };

  async function* read({
    startSample = 0,
    endSample = Number.POSITIVE_INFINITY,
    signal,
  }: Parameters<RangeReader['read']>[0]) {
    signal?.throwIfAborted();
    start();
    for (let at = startSample; at < endSample; ) {
      const until = Math.min(endSample, at + chunkSamples);
      while (written < until && !isWhole) await next(signal);
      const count = Math.min(until, written) - at;
      if (count <= 0) return;
      const bytes = new Uint8Array(count * frameBytes);
      await file!.read(bytes, 0, bytes.length, at * frameBytes);
      signal?.throwIfAborted();
      yield { sampleRateHz, startSample: at, channels: fromInterleaved(new Int16Array(bytes.buffer), channelCount) };
      at += count;
    }
  }
  return {
    read,
    async count(onCount, signal) {
      start();
      while (!isWhole) {
        await next(signal);
        onCount(written);
      }
      return written;
    },
    async close() {
      controller.abort(new Error('The recording was closed'));
      await filling;
      await remove();
    },
  };
}

/** The samples of a range, channel by channel; fewer where the recording ends before. */
export async function readRange(
  reader: RangeReader,
  {
    startSample,
    endSample,
    channelCount,
  }: { readonly startSample: number; readonly endSample: number; readonly channelCount: number },
  signal: AbortSignal,
): Promise<Float32Array<ArrayBuffer>[]> {
  const channels = Array.from({ length: channelCount }, () => new Float32Array(Math.max(0, endSample - startSample)));
  let count = 0;
  for await (const chunk of reader.read({ startSample, endSample, signal })) {
    for (const [i, samples] of chunk.channels.entries()) channels[i]!.set(samples, count);
    count += sampleCountOf(chunk);
  }
  return channels.map((samples) => samples.subarray(0, count));
}

function toInterleaved(channels: readonly Float32Array[]): Uint8Array {
  const values = new Int16Array(channels.length * channels[0]!.length);
  for (const [k, samples] of channels.entries()) {
    for (let i = 0; i < samples.length; i++) {
      values[i * channels.length + k] = Math.max(-32_768, Math.min(32_767, Math.round(samples[i]! * 32_768)));
    }
  }
  return new Uint8Array(values.buffer);
}

function fromInterleaved(values: Int16Array, channelCount: number): Float32Array<ArrayBuffer>[] {
  const count = values.length / channelCount;
  return Array.from({ length: channelCount }, (_, k) => {
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i++) samples[i] = values[i * channelCount + k]! / 32_768;
    return samples;
  });
}

function checkSize(bytes: number): void {
  if (bytes <= mostBytes) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The recording is too long for a temporary file of its samples',
    found: `more than ${mostBytes / 2 ** 20} MB`,
    wanted: `at most ${mostBytes / 2 ** 20} MB`,
    remedy: 'Convert it to WAV or FLAC, which are read from any place without one',
    details: { argument: 'document' },
  });
}
