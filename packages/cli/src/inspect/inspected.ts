import { type AudioFile, convertStream } from '@speech-tokens/audio-files';
import { SpeechTokensError, type TokenGrid, type TokenSpace } from '@speech-tokens/core';
import type { ComponentRegistry } from '@speech-tokens/core/node';
import { createTokenStatistics, type TokenStatistics } from '@speech-tokens/measures';
import type { InspectCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { openAudio } from '../io/audio-source.ts';
import type { InputSource } from '../io/input-source.ts';
import type { TokenInput } from '../io/token-input.ts';
import { createSoundOutline, type SoundOutline } from '../picture/sound-outline.ts';
import type { TimeWindow } from '../picture/time-window.ts';
import { createTokenLane, type TokenLane } from '../picture/token-lane.ts';
import { defaultTokenizerId } from '../plugins/find-components.ts';
import { loadTokenizer } from '../plugins/load-component.ts';
import { seenBy } from '../streams/seen-by.ts';
import type { ProgressLine } from '../terminal/progress.ts';
import { tokenizeChunks } from '../tokenize/tokenize-chunks.ts';
import { checkCodebooks } from '../tokenize/tokenize-files.ts';

/** Tokens of one tokenizer, or of one token file. */
export interface InspectedTokens {
  /** Absent for a token file. */
  readonly tokenizerId: string | undefined;
  readonly tokenSpace: TokenSpace;
  readonly codebookCount: number;
  /** Of the whole recording. */
  readonly statistics: TokenStatistics;
  /** Of the window. */
  readonly lanes: readonly TokenLane[];
  /** Speed of the model alone; absent for a token file. */
  readonly timesRealTime: number | undefined;
}

export interface Inspected {
  readonly label: string;
  /** Absent for a token file. */
  readonly audio: { readonly file: AudioFile; readonly outline: SoundOutline } | undefined;
  /** Absent for a recording. */
  readonly tokens: TokenInput | undefined;
  readonly durationSeconds: number;
  readonly groups: readonly InspectedTokens[];
}

export interface InspectWork {
  readonly context: CliContext;
  readonly registry: ComponentRegistry;
  readonly options: InspectCommandOptions;
  readonly window: TimeWindow;
  readonly progress: ProgressLine;
}

/** Reads a recording once for each tokenizer; memory does not grow with its length. */
export async function readRecording(work: InspectWork, input: InputSource): Promise<Inspected> {
  const { context, registry, options, window, progress } = work;
  const { signal } = context;
  const { file, durationSeconds: total } = await openAudio(context, input);
  const outline = createSoundOutline(file.sampleRateHz, window);
  const groups: InspectedTokens[] = [];
  const ids = [...new Set(options.tokenizer ?? [defaultTokenizerId])];
  for (const [index, id] of ids.entries()) {
    progress.stage(`Loading ${id} …`);
    const { part: tokenizer } = await loadTokenizer(context, registry, id, options);
    const task = progress.start(ids.length > 1 ? `${input.label} (${id})` : input.label);
    try {
      checkCodebooks(tokenizer, options.codebooks);
      let workMs = 0;
      const { tokenSpace, audioFormat } = tokenizer;
      const read = file.read({ signal });
      const chunks = convertStream(index === 0 ? seenBy(read, outline.push) : read, audioFormat, { signal });
      const collector = createCollector(tokenSpace, options.codebooks ?? tokenSpace.codebooks.length, window);
      const grids = tokenizeChunks(tokenizer, chunks, {
        codebookCount: options.codebooks,
        signal,
        onWork: (milliseconds) => {
          workMs += milliseconds;
        },
      });
      for await (const grid of grids) task.update(collector.push(grid), total);
      const { statistics, lanes, codebookCount } = collector.result();
      const timesRealTime = workMs > 0 ? (1000 * statistics.durationSeconds) / workMs : undefined;
      groups.push({ tokenizerId: id, tokenSpace, codebookCount, statistics, lanes, timesRealTime });
    } finally {
      task.finish();
      await tokenizer.close();
    }
  }
  outline.flush();
  const durationSeconds = outline.sampleCount() / file.sampleRateHz;
  return { label: input.label, audio: { file, outline }, tokens: undefined, durationSeconds, groups };
}

/** Reads a token file; no model is needed. */
export async function readTokens(work: InspectWork, tokens: TokenInput): Promise<Inspected> {
  const { options, window } = work;
  const { tokenSpace } = tokens;
  const codebookCount = options.codebooks ?? tokens.codebookCount;
  if (codebookCount > tokens.codebookCount) throw tooManyCodebooks(tokens, codebookCount);
  const collector = createCollector(tokenSpace, codebookCount, window);
  for await (const grid of tokens.grids()) collector.push(grid);
  const { statistics, lanes } = collector.result();
  return {
    label: tokens.label,
    audio: undefined,
    tokens,
    durationSeconds: (tokens.startSample + tokens.sampleCount) / tokenSpace.sampleRateHz,
    groups: [{ tokenizerId: undefined, tokenSpace, codebookCount, statistics, lanes, timesRealTime: undefined }],
  };
}

interface Collector {
  /** Resolves to the seconds seen so far. */
  push(grid: TokenGrid): number;
  result(): Pick<InspectedTokens, 'statistics' | 'lanes' | 'codebookCount'>;
}

function createCollector(tokenSpace: TokenSpace, codebookCount: number, window: TimeWindow): Collector {
  const meter = createTokenStatistics(tokenSpace);
  let lanes: readonly TokenLane[] | undefined;
  let seenSamples = 0;
  const lanesFrom = (startSample: number): readonly TokenLane[] => {
    // Tokens of a stretch start at its own first frame: lanes count from there.
    const offset = startSample / tokenSpace.sampleRateHz;
    const shifted = { startSeconds: window.startSeconds - offset, endSeconds: window.endSeconds - offset };
    return Array.from({ length: codebookCount }, (_, index) => createTokenLane(tokenSpace, index, shifted));
  };
  return {
    push(grid) {
      lanes ??= lanesFrom(grid.startSample);
      const tracks = grid.tracks.slice(0, codebookCount);
      meter.push({ ...grid, tracks });
      for (const [index, track] of tracks.entries()) lanes[index]!.push(track);
      seenSamples += grid.sampleCount;
      return seenSamples / tokenSpace.sampleRateHz;
    },
    result: () => ({ statistics: meter.result(), lanes: lanes ?? lanesFrom(0), codebookCount }),
  };
}

function tooManyCodebooks(tokens: TokenInput, wanted: number): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `${tokens.label} does not have that many codebooks`,
    found: `--codebooks ${wanted}`,
    wanted: tokens.codebookCount === 1 ? '1' : `1 to ${tokens.codebookCount}`,
    remedy: 'Ask for fewer codebooks',
    details: { argument: 'codebooks' },
  });
}
