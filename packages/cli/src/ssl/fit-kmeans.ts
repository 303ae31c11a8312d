import { stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { convertStream } from '@speech-tokens/audio-files';
import {
  bundledEncoderDirectory,
  type FeatureEncoder,
  type KmeansFit,
  openFeatureEncoder,
  writeCentroids,
  writeUnitsFolder,
} from '@speech-tokens/codec-ssl';
import { type AudioClip, SpeechTokensError } from '@speech-tokens/core';
import type { FitKmeansCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openAudio } from '../io/audio-source.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { filesIn, recordings as recordingFiles } from '../io/files-in-folders.ts';
import { openInput } from '../io/input-source.ts';
import { checkMayWrite, shortPath } from '../io/output-paths.ts';
import { printJson } from '../io/print-json.ts';
import { reportError, toJsonError } from '../report-error.ts';
import { gather } from '../streams/through-session.ts';
import { formatCount, formatDuration, plural } from '../terminal/figures.ts';
import { createProgressLine, type ProgressLine } from '../terminal/progress.ts';
import { joinChannels } from '../tokenize/tokenize-chunks.ts';
import { openTraining, type ReadFailure, type Training } from './kmeans-training.ts';

export async function fitKmeans(
  context: CliContext,
  audio: readonly string[],
  options: FitKmeansCommandOptions,
): Promise<ExitCode> {
  const startMs = performance.now();
  const { cwd, signal } = context;
  const output = await outputOf(options.out, cwd);
  for (const path of output.files) await checkMayWrite(path, options.force === true);
  const found = await filesIn(audio, cwd, recordingFiles, { requireAll: true });
  const recordings = found.map(({ input }) => resolve(cwd, input));
  const { capabilities, painter } = context.err;
  const shown = options.quiet === true ? { ...capabilities, isTerminal: false } : capabilities;
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, recordings.length);
  try {
    progress.stage('Loading the encoder …');
    const encoderDirectory = options.encoder === 'units-50hz' ? bundledEncoderDirectory : resolve(cwd, options.encoder);
    const runtime = options.threads === undefined ? {} : { threadCount: options.threads };
    const encoder = await openFeatureEncoder(encoderDirectory, { layer: options.layer, signal, ...runtime });
    let training: Training;
    try {
      await ensureFolder(output.statePath);
      const onKept = (path: string): void =>
        progress.aside(() =>
          context.report(`Kept in ${shortPath(path, cwd)}: the same command goes on from there, --fresh begins anew`),
        );
      training = await openTraining({ statePath: output.statePath, encoder, recordings, options, signal, onKept });
      if (training.isResumed && options.quiet !== true) {
        progress.aside(() => context.report(`Going on from ${shortPath(output.statePath, cwd)}`));
      }
      progress.stage('');
      await training.keepOnFailure(() => readAll(context, { encoder, recordings, training, progress }));
    } finally {
      await encoder.close();
    }
    const fit = await training.keepOnFailure(() => cluster(training, progress, { signal, ...runtime }));
    signal.throwIfAborted();
    const origin = { encoder, seed: options.seed };
    await training.keepOnFailure(() =>
      output.isFolder
        ? writeUnitsFolder(output.path, fit, { ...origin, encoderDirectory })
        : writeCentroids(output.path, fit, origin),
    );
    await training.remove();
    progress.close();
    const { failures } = training;
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    await showResult(context, options, { fit, output: output.path, encoder, elapsedSeconds, failures });
    return failures.length === 0 ? exitCodes.ok : exitCodes.partlyFailed;
  } finally {
    progress.close();
  }
}

interface Output {
  /** Absolute. */
  readonly path: string;
  readonly isFolder: boolean;
  /** What will be written. */
  readonly files: readonly string[];
  readonly statePath: string;
}

async function outputOf(out: string, cwd: string): Promise<Output> {
  const path = resolve(cwd, out);
  const isThere = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const isFolder = isThere || out.endsWith('/') || out.endsWith(sep);
  const files = isFolder ? [join(path, 'units.json'), join(path, 'centroids.safetensors')] : [path];
  return { path, isFolder, files, statePath: `${files.at(-1)!}.state.safetensors` };
}

interface Reading {
  readonly encoder: FeatureEncoder;
  readonly recordings: readonly string[];
  readonly training: Training;
  readonly progress: ProgressLine;
}

/** Encodes the recordings that the training has not had; those that cannot be read are left out. */
async function readAll(context: CliContext, { encoder, recordings, training, progress }: Reading): Promise<void> {
  const { signal } = context;
  const { failures, readCount: alreadyRead } = training;
  for (const [index, path] of recordings.entries()) {
    const name = shortPath(path, context.cwd);
    const task = progress.start(name);
    try {
      if (index < alreadyRead) continue;
      const clip = await readClip(context, path, encoder);
      const { sampleRateHz } = encoder.audioFormat;
      const { values } = await encoder.encode(clip, {
        signal,
        onProgress: ({ done, total }) => task.update(done / sampleRateHz, total && total / sampleRateHz),
      });
      training.trainer.add(values);
      training.readCount += 1;
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push({ input: name, error: toJsonError(error) });
      progress.aside(() => reportError(context, error, name));
      training.readCount += 1;
    } finally {
      task.finish();
    }
    await training.keepFromTimeToTime();
  }
  if (failures.length === recordings.length) {
    throw new SpeechTokensError('file-read', {
      problem: 'None of the recordings can be read',
      found: plural(failures.length, 'failure'),
      remedy: 'See the messages above',
      details: { path: recordings[0]! },
    });
  }
}

async function readClip(context: CliContext, path: string, { audioFormat }: FeatureEncoder): Promise<AudioClip> {
  const { signal } = context;
  const input = await openInput(context, path);
  try {
    const { file } = await openAudio(context, input);
    const chunks = await gather(convertStream(file.read({ signal }), audioFormat, { signal }));
    return { sampleRateHz: audioFormat.sampleRateHz, channels: joinChannels(chunks, audioFormat.channelCount) };
  } finally {
    await input.close();
  }
}

async function cluster(
  training: Training,
  progress: ProgressLine,
  options: { readonly signal: AbortSignal; readonly threadCount?: number },
): Promise<KmeansFit> {
  const { trainer } = training;
  const { restartCount } = trainer.options;
  const frames = plural(trainer.keptFrameCount, 'frame');
  const start = (restart: number): string => (restartCount === 1 ? '' : `start ${restart + 1} of ${restartCount}, `);
  progress.stage(`Clustering ${frames} …`);
  return await trainer.fit({
    ...options,
    onProgress: ({ stage, done, total }) => progress.detail(`${stage} out of ${frames}: ${done} of ${total}`),
    onPass: async ({ restart, iterations, inertia }) => {
      const mean = (inertia / trainer.keptFrameCount).toPrecision(6);
      progress.detail(`Clustering ${frames}: ${start(restart)}pass ${iterations}, ${mean} squared distance a frame`);
      await training.keepFromTimeToTime();
    },
  });
}

interface Result {
  readonly fit: KmeansFit;
  readonly output: string;
  readonly encoder: FeatureEncoder;
  readonly elapsedSeconds: number;
  readonly failures: readonly ReadFailure[];
}

async function showResult(
  context: CliContext,
  { json, quiet, seed }: FitKmeansCommandOptions,
  { fit, output, encoder, elapsedSeconds, failures }: Result,
): Promise<void> {
  const { centroids, ...figures } = fit;
  if (fit.emptyCount > 0) {
    context.report(
      `${context.err.painter.warn('warning:')} ${plural(fit.emptyCount, 'cluster')} without a frame: there are fewer distinct frames than clusters`,
    );
  }
  if (json === true) {
    const { name, id, layer } = encoder;
    const result = { output, encoder: name, encoderFingerprint: id, layer, clusterCount: centroids.count, seed };
    await printJson(context, 'ssl fit-kmeans', { ...result, ...figures, elapsedSeconds, failures });
    return;
  }
  if (quiet !== true) {
    const sample = fit.frameCount < fit.seenFrameCount ? ` of ${formatCount(fit.seenFrameCount)}` : '';
    const rest = fit.isConverged ? '' : ' (not at rest: more --iterations)';
    context.report(
      `${plural(centroids.count, 'centroid')} from ${formatCount(fit.frameCount)}${sample} frames: inertia ${fit.inertia.toPrecision(6)} after ${plural(fit.iterations, 'pass', 'passes')}${rest}, ${formatDuration(elapsedSeconds)}`,
    );
  }
  await context.print(shortPath(output, context.cwd));
}
