import { convertStream } from '@speech-tokens/audio-files';
import { type AudioClip, type PcmChunk, sampleCountOf } from '@speech-tokens/core';
import { createSpeechQualityMeter } from '@speech-tokens/measures';
import { type CallContext, RequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { Components } from './components.ts';
import { differenceFrom } from './difference.ts';
import { gridOf, withoutTransforms } from './make-tokens.ts';
import type { Decoded, Done, InferenceMethods } from './methods.ts';
import type { OpenDocument } from './open-document.ts';
import { createPace } from './pace.ts';
import { detokenizeGrid, joinedChannels } from './streams.ts';

/** Quality is measured at this rate, so that tokenizers of different rates can be compared. */
const qualityRateHz = 16_000;

/** What the first codebooks of a document's tokens sound like, and how far that is from the recording. */
export async function decode(
  document: OpenDocument,
  { tokenizer, codebookCount, withDifference }: Omit<InferenceMethods['decode']['params'], 'document'>,
  components: Components,
  context: CallContext<Done>,
): Promise<Decoded> {
  const { signal, progress } = context;
  const grid = withoutTransforms(await gridOf(document, tokenizer, components, context));
  if (grid === undefined)
    throw new RequestError(t('Byte pairs can only be undone with their merges'), 'argument-invalid');
  const detokenizer = await components.detokenizerFor(grid.tokenSpace);
  signal.throwIfAborted();
  const { sampleRateHz, channelCount } = detokenizer.audioFormat;
  const totalSeconds = grid.sampleCount / grid.tokenSpace.sampleRateHz;
  const told = async function* (): AsyncGenerator<PcmChunk> {
    let doneSeconds = 0;
    const isTime = createPace();
    // Tokens of a part stand at its place in the recording, and so does their sound.
    const silence = Math.round((grid.startSample / grid.tokenSpace.sampleRateHz) * sampleRateHz);
    const channels = Array.from({ length: channelCount }, () => new Float32Array(silence));
    if (silence > 0) yield { sampleRateHz, channels, startSample: 0 };
    for await (const chunk of detokenizeGrid(detokenizer, grid, codebookCount, signal)) {
      doneSeconds += sampleCountOf(chunk) / sampleRateHz;
      if (isTime()) progress({ stage: t('Decoding'), doneSeconds, totalSeconds });
      yield chunk;
    }
  };
  const channels = await joinedChannels(told(), channelCount);
  const title = `${tokenizer ?? 'tokens'}, ${codebookCount} of ${grid.tracks.length} codebooks`;
  const sound = { title, sampleRateHz, channels };
  const figures = await figuresOf(document, sound, signal);
  if (withDifference !== true || document.recording === undefined) return { sound, figures };
  return { sound, figures, difference: await differenceFrom(document.recording, sound, signal) };
}

async function figuresOf(
  { recording }: OpenDocument,
  sound: AudioClip,
  signal: AbortSignal,
): Promise<Decoded['figures']> {
  if (recording === undefined) return [];
  const wanted = { sampleRateHz: qualityRateHz, channelCount: 1 };
  const meter = createSpeechQualityMeter(qualityRateHz);
  for await (const { channels } of convertStream([{ ...sound, startSample: 0 }], wanted, { signal })) {
    meter.pushEstimate(channels[0]!);
  }
  for await (const { channels } of convertStream(recording.read({ signal }), wanted, { signal })) {
    meter.pushReference(channels[0]!);
  }
  const quality = meter.finish();
  if (quality === undefined) return [];
  return [
    ['SI-SDR', `${quality.siSdrDb.toFixed(2)} dB`],
    [t('log-mel distance'), `${quality.logMelDistanceDb.toFixed(2)} dB`],
  ];
}
