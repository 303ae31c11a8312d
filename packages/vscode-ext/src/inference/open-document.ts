import { type AudioFile, openAudioFile } from '@speech-tokens/audio-files';
import { type ByteSource, bytesSource, openTokenFile, sampleCountOf, type TokenGrid } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node';
import type { DocumentFacts } from '../document/index.ts';
import type { CallContext } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { channelsText, durationText, sampleRateText, spaceText } from './figures.ts';
import type { DocumentSource, Done, Pictures } from './methods.ts';

/** A document that this process has open, with what was made of it so far. */
export interface OpenDocument {
  readonly facts: DocumentFacts;
  /** Absent where the document holds tokens. */
  readonly recording: AudioFile | undefined;
  /** By the id of the tokenizer; `null` for those that the document itself holds. */
  readonly grids: Map<string | null, TokenGrid>;
  pictures: Pictures | undefined;
  close(): Promise<void>;
}

/**
 * Finds out by its first bytes whether a document holds tokens or sound.
 * @throws SpeechTokensError `file-read`, `audio-decode`, `token-file-invalid`: what is wrong with the file, for people
 */
export async function openDocument(from: DocumentSource, context: CallContext<Done>): Promise<OpenDocument> {
  const source = 'path' in from ? await openFileSource(from.path) : bytesSource(from.bytes, from.name);
  try {
    return (await isSafetensors(source)) ? await openTokens(source) : await openRecording(source, context);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

async function openTokens(source: ByteSource): Promise<OpenDocument> {
  const file = await openTokenFile(source);
  const grid = await file.read();
  await source.close?.();
  const { tokenSpace, startSample, sampleCount } = grid;
  const { sampleRateHz } = tokenSpace;
  const name = file.source.name;
  const facts = [
    durationText(sampleCount / sampleRateHz),
    t('tokens of {0}', tokenSpace.id),
    spaceText(tokenSpace, grid.tracks.length),
    ...(name === undefined ? [] : [t('made of {0}', name)]),
  ];
  return {
    facts: { kind: 'tokens', sampleRateHz, sampleCount: startSample + sampleCount, facts, soundBytes: 0 },
    recording: undefined,
    grids: new Map([[null, grid]]),
    pictures: undefined,
    close: async () => {},
  };
}

async function openRecording(source: ByteSource, context: CallContext<Done>): Promise<OpenDocument> {
  const recording = await openAudioFile(source, { signal: context.signal });
  const { sampleRateHz, channelCount, encoding, format } = recording;
  const sampleCount = recording.sampleCount ?? (await countSamples(recording, context));
  const facts = [
    durationText(sampleCount / sampleRateHz),
    sampleRateText(sampleRateHz),
    channelsText(channelCount),
    `${encoding} ${format}`,
  ];
  return {
    facts: { kind: 'recording', sampleRateHz, sampleCount, facts, soundBytes: sampleCount * channelCount * 4 },
    recording,
    grids: new Map(),
    pictures: undefined,
    close: () => recording.close(),
  };
}

/** Some containers do not tell their length: then they are decoded once to find out. */
async function countSamples(recording: AudioFile, { signal, progress }: CallContext<Done>): Promise<number> {
  let count = 0;
  for await (const chunk of recording.read({ signal })) {
    count += sampleCountOf(chunk);
    progress({ stage: t('Finding the length'), doneSeconds: count / recording.sampleRateHz });
  }
  return count;
}

/** The length of a header in 8 bytes, and then JSON. */
async function isSafetensors(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, Math.min(9, source.sizeBytes));
  return head.length === 9 && head[8] === 0x7b && head[6] === 0 && head[7] === 0;
}
