import { resolve } from 'node:path';
import { type AudioClip, isSpeechTokensError, joinGrids, type PcmChunk, type TokenGrid } from '@speech-tokens/core';
import { type ComponentRegistry, writeFileAtomically } from '@speech-tokens/core/node';
import { type Report, type ReportTokens, readPageScript, reportPage } from '@speech-tokens/token-view/report';
import type { InspectCommandOptions } from '../commands/command-options.ts';
import { measureVariant } from '../compare/measure-variant.ts';
import type { CliContext } from '../context.ts';
import { detokenizeGrids } from '../detokenize/detokenize-grids.ts';
import { createDetokenizers } from '../detokenize/detokenizers.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { audioFacts } from '../inspect/audio-facts.ts';
import { openAudio } from '../io/audio-source.ts';
import { type InputSource, openInput } from '../io/input-source.ts';
import { checkMayWrite } from '../io/output-paths.ts';
import { sniffInput } from '../io/sniff-input.ts';
import { readWholeTokens } from '../io/whole-tokens.ts';
import { defaultTokenizerId, findComponents } from '../plugins/find-components.ts';
import { spaceShapeText } from '../plugins/list-tokenizers.ts';
import { loadTokenizer } from '../plugins/load-component.ts';
import { gather } from '../streams/through-session.ts';
import { formatBitrate, formatBytes, formatDuration, formatSpeed } from '../terminal/figures.ts';
import { createProgressLine, type ProgressLine } from '../terminal/progress.ts';
import { joinChannels } from '../tokenize/tokenize-chunks.ts';

/** A page holds its sound as text: beyond this it would be slow to open, and is written without sound. */
const mostSoundBytes = 200 * 2 ** 20;

interface Work {
  readonly context: CliContext;
  readonly registry: ComponentRegistry;
  readonly options: InspectCommandOptions;
  readonly progress: ProgressLine;
}

/** Writes what `inspect` shows as a page with pictures and sound. The whole recording is held in memory. */
export async function writeReport(
  context: CliContext,
  argument: string,
  options: InspectCommandOptions,
): Promise<ExitCode> {
  if (options.start !== undefined || options.end !== undefined) {
    throw new UsageError('--report shows the whole recording, which the page zooms into: leave out --start and --end');
  }
  const path = resolve(context.cwd, options.report!);
  await checkMayWrite(path, options.force === true, '--report');
  const { capabilities, painter } = context.err;
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && options.quiet !== true };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
  const input = await openInput(context, argument);
  try {
    const kind = await sniffInput(input, context.signal);
    const registry = await findComponents(context, options.plugins);
    const work = { context, registry, options, progress };
    const report = kind === 'audio' ? await ofRecording(work, input) : await ofTokens(work, argument);
    progress.stage('Writing the page …');
    const page = Buffer.from(reportPage(withinSoundLimit(context, report), await readPageScript()));
    await writeFileAtomically(path, (sink) => sink.write(page));
    progress.close();
    if (options.quiet !== true) context.report(`${options.report} (${formatBytes(page.length)}): open it in a browser`);
    return exitCodes.ok;
  } finally {
    progress.close();
    await input.close();
  }
}

async function ofRecording(work: Work, input: InputSource): Promise<Report> {
  const { context, options } = work;
  const { signal } = context;
  const { file, durationSeconds: total } = await openAudio(context, input);
  const { sampleRateHz, channelCount } = file;
  const chunks = await gather(file.read({ signal }));
  const recording = { sampleRateHz, channels: joinChannels(chunks, channelCount) };
  const tokens: ReportTokens[] = [];
  for (const id of new Set(options.tokenizer ?? [defaultTokenizerId])) {
    tokens.push(await tokensBy(work, id, file, total));
  }
  for (const { message } of file.warnings) context.report(`${context.err.painter.warn('warning:')} ${message}`);
  const facts = audioFacts(file, (recording.channels[0]?.length ?? 0) / sampleRateHz);
  return { title: input.label, facts, recording, tokens };
}

/** Encodes, decodes and measures with one tokenizer. */
async function tokensBy(
  { context, registry, options, progress }: Work,
  id: string,
  file: Parameters<typeof measureVariant>[0],
  totalSeconds: number | undefined,
): Promise<ReportTokens> {
  const { signal } = context;
  progress.stage(`Loading ${id} …`);
  const { part: tokenizer } = await loadTokenizer(context, registry, id, options);
  const detokenizers = createDetokenizers(context, registry, detokenizerOptions(options, id));
  const task = progress.start(id);
  try {
    const { tokenSpace } = tokenizer;
    const codebookCount = options.codebooks ?? tokenSpace.codebooks.length;
    const detokenizer = await detokenizers.forSpace(tokenSpace).then((found) => found.detokenizer, withoutDetokenizer);
    const grids: TokenGrid[] = [];
    const decoded: PcmChunk[] = [];
    const figures = await measureVariant(
      file,
      { tokenizer, detokenizer, codebookCount },
      {
        signal,
        onSeconds: (seconds) => task.update(seconds, totalSeconds),
        onGrid: (grid) => grids.push(grid),
        onDecoded: (chunk) => decoded.push(chunk),
      },
    );
    const { quality, nominalBitrateBps, entropyCodedBitrateBps, encodeTimesRealTime, decodeTimesRealTime } = figures;
    const bitrate = formatBitrate(nominalBitrateBps ?? entropyCodedBitrateBps);
    const speeds = [
      ['encoding', `${formatSpeed(encodeTimesRealTime)} real time`],
      ...(detokenizer === undefined ? [] : [['decoding', `${formatSpeed(decodeTimesRealTime)} real time`] as const]),
    ] as const;
    const qualities =
      quality === undefined || detokenizer === undefined
        ? []
        : ([
            ['SI-SDR', `${quality.siSdrDb.toFixed(2)} dB`],
            ['log-mel distance', `${quality.logMelDistanceDb.toFixed(2)} dB`],
            ['log-mel correlation', quality.logMelCorrelation?.toFixed(3) ?? 'of silence: none'],
          ] as const);
    return {
      title: id,
      about: `${spaceShapeText(tokenSpace, codebookCount)} · ${bitrate}`,
      grid: joinGrids(grids),
      ...(detokenizer === undefined ? {} : { decoded: clipOf(detokenizer.audioFormat, decoded) }),
      figures: [...qualities, ...speeds],
    };
  } finally {
    task.finish();
    await detokenizers.close();
    await tokenizer.close();
  }
}

async function ofTokens({ context, registry, options, progress }: Work, argument: string): Promise<Report> {
  const { signal } = context;
  const { grid, source } = await readWholeTokens(context, argument);
  const { tokenSpace, sampleCount } = grid;
  const detokenizers = createDetokenizers(context, registry, detokenizerOptions(options, options.tokenizer?.[0]));
  try {
    progress.stage(`Decoding ${argument} …`);
    const detokenizer = await detokenizers.forSpace(tokenSpace).then((found) => found.detokenizer, withoutDetokenizer);
    const tokens: ReportTokens = {
      title: tokenSpace.id,
      about: spaceShapeText(tokenSpace, grid.tracks.length),
      grid,
      ...(detokenizer === undefined
        ? {}
        : {
            decoded: clipOf(
              detokenizer.audioFormat,
              await gather(detokenizeGrids(detokenizer, oneOf(grid), { codebookCount: grid.tracks.length, signal })),
            ),
          }),
    };
    const facts = [
      formatDuration(sampleCount / tokenSpace.sampleRateHz),
      'tokens',
      ...(source.name === undefined ? [] : [`of ${source.name}`]),
    ];
    return { title: argument, facts, tokens: [tokens] };
  } finally {
    await detokenizers.close();
  }
}

async function* oneOf<Item>(item: Item): AsyncGenerator<Item> {
  yield item;
}

function detokenizerOptions({ checkpoint, threads, yes, offline }: InspectCommandOptions, id: string | undefined) {
  return {
    ...(checkpoint === undefined || id === undefined ? {} : { checkpoint, tokenizer: id }),
    ...(threads === undefined ? {} : { threads }),
    ...(yes === undefined ? {} : { yes }),
    ...(offline === undefined ? {} : { offline }),
  };
}

/** Tokens without a way back are shown without their sound. */
function withoutDetokenizer(error: unknown): undefined {
  if (!isSpeechTokensError(error, 'component-not-found')) throw error;
  return undefined;
}

function clipOf(
  { sampleRateHz, channelCount }: { readonly sampleRateHz: number; readonly channelCount: number },
  chunks: readonly PcmChunk[],
): AudioClip {
  return { sampleRateHz, channels: joinChannels(chunks, channelCount) };
}

/** A report without the sound of its decoded tokens, and of the recording, where the page would become too large. */
function withinSoundLimit(context: CliContext, report: Report): Report {
  // 16 bits a sample, as base64.
  const bytesOf = (clip: AudioClip | undefined): number =>
    clip === undefined ? 0 : (clip.channels.length * clip.channels[0]!.length * 2 * 4) / 3;
  const bytes = [report.recording, ...report.tokens.map(({ decoded }) => decoded)].reduce(
    (sum, clip) => sum + bytesOf(clip),
    0,
  );
  if (bytes <= mostSoundBytes) return report;
  context.report(
    `${context.err.painter.warn('note:')} the page has no sound: it would take ${formatBytes(bytes)}, and ${formatBytes(mostSoundBytes)} is the most`,
  );
  return { ...report, isSilent: true };
}
