import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import {
  createKmeansTrainer,
  type FeatureEncoder,
  type KmeansTrainer,
  resumeKmeansTrainer,
} from '@speech-tokens/codec-ssl';
import { SpeechTokensError } from '@speech-tokens/core';
import type { FitKmeansCommandOptions } from '../commands/command-options.ts';
import type { JsonError } from '../report-error.ts';

/** What `--json` shows of a recording that was left out. */
export interface ReadFailure {
  readonly input: string;
  readonly error: JsonError;
}

/** A training with the file that keeps it over an interruption. */
export interface Training {
  readonly trainer: KmeansTrainer;
  /** Whether an interrupted run goes on. */
  readonly isResumed: boolean;
  /** Recordings that the trainer has had, or that cannot be read. */
  readCount: number;
  /** Those that cannot be read, of an interrupted run too. */
  readonly failures: ReadFailure[];
  /** Saves the state where the last time lies so long back: a crash or a power cut then costs no more. */
  keepFromTimeToTime(): Promise<void>;
  /** Runs a part of the work; where it fails or is interrupted, the state is saved first. */
  keepOnFailure<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Removes the file. */
  remove(): Promise<void>;
}

export interface TrainingRequest {
  readonly statePath: string;
  readonly encoder: FeatureEncoder;
  readonly recordings: readonly string[];
  readonly options: FitKmeansCommandOptions;
  readonly signal: AbortSignal;
  /** After the state was saved there. */
  onKept(path: string): void;
}

/**
 * A new training, or the one that was interrupted.
 * @throws SpeechTokensError `argument-invalid` where the saved one is of another encoder, other recordings or options
 */
export async function openTraining({
  statePath,
  encoder,
  recordings,
  options,
  signal,
  onKept,
}: TrainingRequest): Promise<Training> {
  const fresh = createKmeansTrainer({
    width: encoder.width,
    clusterCount: options.clusters,
    seed: options.seed,
    restartCount: options.restarts,
    maxIterations: options.iterations,
    tolerance: options.tolerance,
    ...(options.maxFrames === undefined ? {} : { maxFrames: options.maxFrames }),
    ...(options.batch === undefined ? {} : { batchFrames: options.batch }),
  });
  const facts = {
    encoder: encoder.id,
    recordings: await listHash(recordings),
    options: JSON.stringify(Object.entries(fresh.options).sort()),
  };
  let trainer = fresh;
  let readCount = 0;
  let failures: ReadFailure[] = [];
  const isThere = (await stat(statePath).catch(() => undefined)) !== undefined;
  const isResumed = isThere && options.fresh !== true;
  if (isResumed) {
    const saved = await resumeKmeansTrainer(statePath, { signal });
    for (const [name, wanted] of Object.entries(facts)) {
      if (saved.notes[name] !== wanted) throw otherTraining(statePath, name);
    }
    trainer = saved.trainer;
    ({ readCount, failures } = JSON.parse(saved.notes['reading']!) as Pick<Training, 'readCount' | 'failures'>);
  }
  const keep = (): Promise<void> =>
    trainer.saveState(statePath, { ...facts, reading: JSON.stringify({ readCount: training.readCount, failures }) });
  let keptMs = performance.now();
  const training: Training = {
    trainer,
    isResumed,
    readCount,
    failures,
    async keepFromTimeToTime() {
      if (trainer.seenFrameCount === 0 || performance.now() - keptMs < options.keepEvery * 60_000) return;
      await keep();
      keptMs = performance.now();
    },
    async keepOnFailure(work) {
      try {
        return await work();
      } catch (error) {
        // Nothing is kept of a run that had no time to read anything, or cannot do better the next time.
        const isHopeless = !signal.aborted && trainer.keptFrameCount < options.clusters;
        if (trainer.seenFrameCount > 0 && !isHopeless) {
          await keep();
          onKept(statePath);
        }
        throw error;
      }
    },
    remove: () => rm(statePath, { force: true }),
  };
  return training;
}

/** Names and sizes: what is needed to know that it is the same list again. */
async function listHash(recordings: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of recordings) hash.update(`${path}\0${(await stat(path)).size}\0`);
  return hash.digest('hex');
}

function otherTraining(path: string, name: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `An interrupted training is there, but of another kind (${path})`,
    found: `other ${name === 'encoder' ? 'features (encoder or layer)' : name}`,
    wanted: 'those that it was begun with',
    remedy: 'Repeat the command as it was, or add --fresh to begin anew',
    details: { argument: 'out' },
  });
}
