import { type AudioFile, openAudioFile } from '@speech-tokens/audio-files';
import { type ByteSource, bytesSource, openTokenFile, sampleCountOf, type TokenGrid } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node';
import type { DocumentFacts } from '../document/index.ts';
import type { CallContext } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { RangeDecoder } from './decode-ranges.ts';
import { channelsText, durationText, sampleRateText, spaceText } from './figures.ts';
import type { DocumentSource, Done, Pictures } from './methods.ts';
import { createPace } from './pace.ts';
import { createPcmFile, type PcmFile, type RangeReader } from './pcm-file.ts';

export interface MadeTokens {
  readonly grid: TokenGrid;
  /** Whether a run went to its end: otherwise these are the first tokens, which a run that was cancelled has left. */
  readonly isWhole: boolean;
}

/** A document that this process has open, with what was made of it so far. */
export interface OpenDocument {
  readonly facts: DocumentFacts;
  /** Absent where the document holds tokens. */
  readonly recording: AudioFile | undefined;
  /** The recording from any place. Absent where the document holds tokens. */
  readonly ranges: RangeReader | undefined;
  /** What decodes its tokens by ranges, by the id of the tokenizer. */
  readonly decoders: Map<string | null, RangeDecoder>;
  /** By the id of the tokenizer; `null` for those that the document itself holds. */
  readonly grids: Map<string | null, MadeTokens>;
  /** What runs that go on, or were cancelled, have made so far, by the id of the tokenizer. */
  readonly coming: Map<string | null, readonly TokenGrid[]>;
  pictures: Required<Pictures> | undefined;
  close(): Promise<void>;
}

/**
 * Finds out by its first bytes whether a document holds tokens or sound.
 * @throws SpeechTokensError `file-read`, `audio-decode`, `token-file-invalid`: what is wrong with the file, for people
 */
export async function openDocument(
  from: DocumentSource,
  temporaryDirectory: string,
  context: CallContext<Done>,
): Promise<OpenDocument> {
  const source = 'path' in from ? await openFileSource(from.path) : bytesSource(from.bytes, from.name);
  try {
    return (await isSafetensors(source))
      ? await openTokens(source)
      : await openRecording(source, from.sampleCount, temporaryDirectory, context);
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
    facts: {
      kind: 'tokens',
      sampleRateHz,
      sampleCount: startSample + sampleCount,
      facts,
      channelCount: 0,
      soundBytes: 4 * (startSample + sampleCount),
    },
    recording: undefined,
    ranges: undefined,
    decoders: new Map(),
    grids: new Map([[null, { grid, isWhole: true }]]),
    coming: new Map(),
    pictures: undefined,
    close: async () => {},
  };
}

/** Formats of which any place can be read without decoding what comes before it. */
const formatsWithRanges: readonly AudioFile['format'][] = ['wav', 'aiff', 'flac'];

async function openRecording(
  source: ByteSource,
  knownSampleCount: number | undefined,
  directory: string,
  context: CallContext<Done>,
): Promise<OpenDocument> {
  const recording = await openAudioFile(source, { signal: context.signal });
  const { sampleRateHz, channelCount, encoding, format } = recording;
  const pcmFile = formatsWithRanges.includes(format) ? undefined : createPcmFile(recording, directory);
  const ranges = pcmFile ?? recording;
  const sampleCount = recording.sampleCount ?? knownSampleCount ?? (await countSamples(recording, pcmFile, context));
  const facts = [
    durationText(sampleCount / sampleRateHz),
    sampleRateText(sampleRateHz),
    channelsText(channelCount),
    `${encoding} ${format}`,
  ];
  const decoders: OpenDocument['decoders'] = new Map();
  return {
    facts: {
      kind: 'recording',
      sampleRateHz,
      sampleCount,
      facts,
      channelCount,
      soundBytes: sampleCount * channelCount * 4,
    },
    recording,
    ranges,
    decoders,
    grids: new Map(),
    coming: new Map(),
    pictures: undefined,
    async close() {
      for (const decoder of decoders.values()) await decoder.close();
      await ranges.close();
      await recording.close();
    },
  };
}

/** Some containers do not tell their length: then they are decoded once to find out, and what is decoded is kept if that helps. */
async function countSamples(
  recording: AudioFile,
  pcmFile: PcmFile | undefined,
  { signal, progress }: CallContext<Done>,
): Promise<number> {
  const isTime = createPace();
  const tell = (count: number): void => {
    if (isTime()) progress({ stage: t('Finding the length'), doneSeconds: count / recording.sampleRateHz });
  };
  if (pcmFile !== undefined) {
    try {
      return await pcmFile.count(tell, signal);
    } catch (error) {
      await pcmFile.close();
      throw error;
    }
  }
  let count = 0;
  for await (const chunk of recording.read({ signal })) {
    count += sampleCountOf(chunk);
    tell(count);
  }
  return count;
}

/** The length of a header in 8 bytes, and then JSON. */
async function isSafetensors(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, Math.min(9, source.sizeBytes));
  return head.length === 9 && head[8] === 0x7b && head[6] === 0 && head[7] === 0;
}
