import type { StreamedSound } from '@speech-tokens/token-view';
import { type DocumentFacts, recordingSound } from '../document/index.ts';
import type { HostMethods } from '../host/editor-methods.ts';
import type { TokenizerId } from '../inference/index.ts';
import type { Peer } from '../protocol/index.ts';
import type { TaskContext } from './tasks.ts';

// Sounds that are too long to be held in a page: they are read by ranges while they play.

export function recordingStream(
  peer: Peer<HostMethods>,
  { sampleRateHz, sampleCount, channelCount }: DocumentFacts,
): StreamedSound {
  return {
    title: recordingSound,
    sampleRateHz,
    sampleCount,
    channelCount,
    read: (startSample, endSample, signal) => peer.request('samples', { startSample, endSample }, { signal }),
  };
}

/** What the first codebooks of some tokens say. */
export async function decodedStream(
  peer: Peer<HostMethods>,
  wanted: { readonly tokenizer: TokenizerId; readonly codebookCount: number },
  context: Pick<TaskContext, 'signal' | 'onProgress'>,
): Promise<StreamedSound> {
  const format = await peer.request('decodedFormat', { tokenizer: wanted.tokenizer }, context);
  return {
    ...format,
    read: (startSample, endSample, signal) =>
      peer.request('decodeRange', { ...wanted, startSample, endSample }, { signal }),
  };
}

/** The samples of a stretch of any sound. */
export async function samplesOf(
  sound: StreamedSound,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<readonly Float32Array[]> {
  const at = (seconds: number): number =>
    Math.max(0, Math.min(sound.sampleCount, Math.round(seconds * sound.sampleRateHz)));
  return sound.read(at(start), at(end), new AbortController().signal);
}
