import { type PcmChunk, SpeechTokensError, sampleCountOf } from '@speech-tokens/core';
import {
  createPeakPyramid,
  createSpectrogram,
  type PeakPyramid,
  type Sound,
  type Spectrogram,
} from '@speech-tokens/token-view';
import { mostSoundBytes } from '../document/index.ts';
import type { CallContext } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { Done, PeaksPart, Pictures, SampleRange } from './methods.ts';
import type { OpenDocument } from './open-document.ts';
import { createPace } from './pace.ts';
import { type RangeReader, readRange } from './pcm-file.ts';
import { joinedChannels } from './streams.ts';

/** Shorter recordings have finer blocks, as in reports. */
const shortSeconds = 300;

/** The waveform of a longer one is told of in so many parts. */
const parts = 16;

/** A spectrogram that is looked at closer in parts needs no more columns than a screen has. */
const mostColumnsOfLong = 2048;

/** Waveform and spectrogram of a recording, in one pass. */
export async function makePictures(
  document: OpenDocument,
  { signal, progress }: CallContext<Done & { readonly peaks?: PeaksPart }>,
): Promise<Pictures> {
  const { sampleRateHz, sampleCount } = document.facts;
  const isLong = sampleCount > shortSeconds * sampleRateHz;
  const totalSeconds = sampleCount / sampleRateHz;
  const baseSamples = isLong ? 64 : 16;
  const blocksOfPart = Math.ceil(sampleCount / baseSamples / parts);
  let told = 0;
  /** Tells of what is new, in parts of bounded size. */
  const tell = (doneSamples: number, waveform: PeakPyramid): void => {
    const blocks = waveform.levels[0]!;
    while (2 * told < blocks.length) {
      const end = Math.min(blocks.length / 2, told + blocksOfPart);
      const part = {
        baseSamples,
        blocks: blocks.slice(2 * told, 2 * end),
        sampleCount: Math.min(sampleCount, end * baseSamples),
      };
      told = end;
      progress({ stage: t('Drawing'), doneSeconds: doneSamples / sampleRateHz, totalSeconds, peaks: part });
    }
  };
  const resultOf = ({ peaks, spectrogram, warnings }: Required<Pictures>): Pictures => {
    if (!isLong) return { peaks, spectrogram, warnings };
    tell(sampleCount, peaks);
    return { spectrogram, warnings };
  };
  if (document.pictures !== undefined) return resultOf(document.pictures);
  const recording = recordingOf(document);
  const peaks = createPeakPyramid(baseSamples);
  const spectrogram = createSpectrogram({
    sampleRateHz,
    sampleCount,
    ...(isLong ? { mostColumns: mostColumnsOfLong } : {}),
  });
  let done = 0;
  const isTime = createPace();
  for await (const { channels } of rangesOf(document).read({ signal })) {
    peaks.push(channels);
    spectrogram.push(channels);
    done += channels[0]!.length;
    // Whole blocks only: what is told of is not told of again.
    const isDue = isLong && Math.floor(done / baseSamples) - told >= blocksOfPart;
    if (isDue) {
      const { levels, ...sofar } = peaks.result();
      tell(done, { ...sofar, levels: [levels[0]!.subarray(0, 2 * Math.floor(done / baseSamples))] });
    } else if (isTime() || done >= sampleCount) {
      progress({ stage: t('Drawing'), doneSeconds: done / sampleRateHz, totalSeconds });
    }
  }
  document.pictures = {
    peaks: peaks.result(),
    spectrogram: spectrogram.result(),
    warnings: recording.warnings.map(({ message }) => message),
  };
  return resultOf(document.pictures);
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
    const isTime = createPace();
    const totalSeconds = sampleCount / sampleRateHz;
    for await (const chunk of recording.read({ signal })) {
      done += sampleCountOf(chunk);
      if (isTime()) progress({ stage: t('Reading sound'), doneSeconds: done / sampleRateHz, totalSeconds });
      yield chunk;
    }
  };
  return { title: 'recording', sampleRateHz, channels: await joinedChannels(told(), recording.channelCount) };
}

/** Samples of a stretch, channel by channel. */
export function readSamples(
  document: OpenDocument,
  { startSample, endSample }: SampleRange,
  { signal }: CallContext<never>,
): Promise<readonly Float32Array[]> {
  const { channelCount } = recordingOf(document);
  return readRange(rangesOf(document), { startSample, endSample, channelCount }, signal);
}

/** The spectrogram of a stretch, made of its samples and those around that windows at its ends reach into. */
export async function makeSpectrogram(
  document: OpenDocument,
  { startSample, endSample, hopSamples }: SampleRange & { readonly hopSamples: number },
  { signal }: CallContext<never>,
): Promise<Spectrogram> {
  const { sampleRateHz, sampleCount } = document.facts;
  // Windows are no longer than 50 ms.
  const margin = Math.ceil((0.05 * sampleRateHz) / hopSamples) * hopSamples;
  const from = Math.max(0, startSample - margin);
  const to = Math.min(sampleCount, endSample + margin);
  const builder = createSpectrogram({
    sampleRateHz,
    sampleCount: to - from,
    firstSample: from,
    mostColumns: Math.ceil((to - from) / hopSamples),
    leastHopSeconds: hopSamples / sampleRateHz,
  });
  for await (const { channels } of rangesOf(document).read({ startSample: from, endSample: to, signal })) {
    builder.push(channels);
  }
  const { levels, ...around } = builder.result();
  const [first, end] = [(startSample - from) / hopSamples, Math.ceil((Math.min(endSample, to) - from) / hopSamples)];
  return {
    ...around,
    firstSample: startSample,
    sampleCount: Math.min(endSample, to) - startSample,
    levels: levels.slice(first * around.binCount, end * around.binCount),
  };
}

function rangesOf({ ranges }: OpenDocument): RangeReader {
  return ranges ?? noRecording();
}

function recordingOf({ recording }: OpenDocument): NonNullable<OpenDocument['recording']> {
  return recording ?? noRecording();
}

function noRecording(): never {
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The document holds tokens and no recording',
    remedy: 'Ask for its tokens',
    details: { argument: 'document' },
  });
}
