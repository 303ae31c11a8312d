import { type PcmChunk, SpeechTokensError, sampleCountOf } from '@speech-tokens/core';
import { createPeakPyramid, createSpectrogram, type PeakPyramid, type Sound } from '@speech-tokens/token-view';
import { mostSoundBytes } from '../document/index.ts';
import type { CallContext } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { Done, Pictures } from './methods.ts';
import type { OpenDocument } from './open-document.ts';
import { joinedChannels } from './streams.ts';

/** Shorter recordings have finer blocks, as in reports. */
const shortSeconds = 300;

/** A waveform that fills in is sent anew after each of so many parts. */
const parts = 16;

/** Waveform and spectrogram of a recording, in one pass. */
export async function makePictures(
  document: OpenDocument,
  { signal, progress }: CallContext<Done & { readonly peaks?: PeakPyramid }>,
): Promise<Pictures> {
  if (document.pictures !== undefined) return document.pictures;
  const recording = recordingOf(document);
  const { sampleRateHz, sampleCount } = document.facts;
  const peaks = createPeakPyramid(sampleCount <= shortSeconds * sampleRateHz ? 16 : 64);
  const spectrogram = createSpectrogram({ sampleRateHz, sampleCount });
  const isLong = sampleCount > shortSeconds * sampleRateHz;
  let [done, told] = [0, 0];
  for await (const { channels } of recording.read({ signal })) {
    peaks.push(channels);
    spectrogram.push(channels);
    done += channels[0]!.length;
    const hasMore = isLong && done - told >= sampleCount / parts;
    if (hasMore) told = done;
    progress({
      stage: t('Drawing'),
      doneSeconds: done / sampleRateHz,
      totalSeconds: sampleCount / sampleRateHz,
      ...(hasMore ? { peaks: peaks.result() } : {}),
    });
  }
  document.pictures = {
    peaks: peaks.result(),
    spectrogram: spectrogram.result(),
    warnings: recording.warnings.map(({ message }) => message),
  };
  return document.pictures;
}

/** The whole recording, to be played. @throws SpeechTokensError `argument-invalid` where it is too long for that */
export async function readSound(document: OpenDocument, { signal, progress }: CallContext<Done>): Promise<Sound> {
  const recording = recordingOf(document);
  const { sampleRateHz, sampleCount, soundBytes } = document.facts;
  if (soundBytes > mostSoundBytes) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The recording is too long to be played here',
      found: `${Math.round(soundBytes / 2 ** 20)} MB of samples`,
      wanted: `at most ${mostSoundBytes / 2 ** 20} MB`,
      remedy: 'Cut it, or play it with another program',
      details: { argument: 'document' },
    });
  }
  const told = async function* (): AsyncGenerator<PcmChunk> {
    let done = 0;
    for await (const chunk of recording.read({ signal })) {
      done += sampleCountOf(chunk);
      progress({
        stage: t('Reading sound'),
        doneSeconds: done / sampleRateHz,
        totalSeconds: sampleCount / sampleRateHz,
      });
      yield chunk;
    }
  };
  return { title: 'recording', sampleRateHz, channels: await joinedChannels(told(), recording.channelCount) };
}

function recordingOf({ recording }: OpenDocument): NonNullable<OpenDocument['recording']> {
  if (recording !== undefined) return recording;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The document holds tokens and no recording',
    remedy: 'Ask for its tokens',
    details: { argument: 'document' },
  });
}
