import { createWavWriter } from '@speech-tokens/audio-files';
import {
  type BytePairCoder,
  originalSpace,
  SpeechTokensError,
  sampleCountOf,
  type TokenGrid,
  undoTransforms,
} from '@speech-tokens/core';
import type { DetokenizeCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, UsageError } from '../exit-codes.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { filesIn, tokenFiles } from '../io/files-in-folders.ts';
import { openInput } from '../io/input-source.ts';
import { checkMayWrite, planOutputs, standardStream, stemOf } from '../io/output-paths.ts';
import { processFiles, type Work } from '../io/process-files.ts';
import { sniffInput } from '../io/sniff-input.ts';
import { openTokens, type TokenInput } from '../io/token-input.ts';
import { notTokens, npyWithoutTokenizer } from '../io/whole-tokens.ts';
import { findComponents } from '../plugins/find-components.ts';
import { formatDuration, formatSampleRate, formatSpeed } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';
import { type BpeFile, codersToUndo, openBpeFile } from '../transform/bpe-file.ts';
import { conditioningOf } from './conditioning.ts';
import { detokenizeGrids } from './detokenize-grids.ts';
import { createDetokenizers, type Detokenizers } from './detokenizers.ts';

/** What `--json` shows of one token file. */
export interface DetokenizedFile {
  readonly input: string;
  /** Absolute path, or `-`. */
  readonly output: string;
  readonly detokenizer: string;
  readonly tokenSpace: string;
  readonly codebookCount: number;
  readonly sampleFormat: 'int16' | 'float32';
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number;
  readonly durationSeconds: number;
  /** Samples beyond full scale that became full scale. */
  readonly clippedCount: number;
  readonly elapsedSeconds: number;
  readonly timesRealTime: number;
  readonly warnings: readonly string[];
}

export async function detokenizeFiles(
  context: CliContext,
  args: readonly string[],
  options: DetokenizeCommandOptions,
): Promise<ExitCode> {
  const planned = await planOutputs({
    inputs: await filesIn(args, context.cwd, tokenFiles),
    out: options.out,
    cwd: context.cwd,
    nameFor: (name) => `${stemOf(name)}.decoded.wav`,
  });
  if (context.out.capabilities.isTerminal && planned.some(({ output }) => output === standardStream)) {
    throw new UsageError('Sound is not text: give --out PATH, or pipe it into another program');
  }
  const bpe = options.bpe === undefined ? undefined : await openBpeFile(context, options.bpe, options.firstCharacter);
  return processFiles<Detokenizers, DetokenizedFile>(context, {
    command: 'detokenize',
    planned,
    options,
    load: async () => createDetokenizers(context, await findComponents(context, options.plugins), options),
    unload: (detokenizers) => detokenizers.close(),
    work: (detokenizers, work) => detokenizeFile(context, detokenizers, { ...work, bpe }, options),
    summary: (result) =>
      `${printable(result.input)}: ${formatDuration(result.durationSeconds)} at ${formatSampleRate(
        result.sampleRateHz,
      )}, ${formatSpeed(result.timesRealTime)} real time`,
  });
}

async function detokenizeFile(
  context: CliContext,
  detokenizers: Detokenizers,
  { input: argument, output, task, bpe }: Work & { readonly bpe: BpeFile | undefined },
  options: DetokenizeCommandOptions,
): Promise<DetokenizedFile> {
  const { signal } = context;
  await checkMayWrite(output, options.force === true);
  const input = await openInput(context, argument);
  try {
    const kind = await sniffInput(input, signal);
    if (kind === 'audio') throw notTokens(argument);
    const tokens = await openTokens(input, kind, signal, {
      ofNpy: () => spaceOfNpy(detokenizers, argument, options),
      ofEcdc: (listed) => detokenizers.spaceOf(options.tokenizer ?? listed.id),
    });
    const codebookCount = codebooksOf(tokens, argument, options.codebooks);
    const bytePairs = codersToUndo(tokens.tokenSpace, bpe);
    const { id, detokenizer } = await detokenizers.forSpace(originalSpace(tokens.tokenSpace));
    const startMs = performance.now();
    const { sampleRateHz, channelCount } = detokenizer.audioFormat;
    const sampleFormat = options.float === true ? 'float32' : 'int16';
    await ensureFolder(output);
    const writer = await createWavWriter({
      sampleRateHz,
      channelCount,
      sampleFormat,
      ...(output === standardStream ? { stream: context.stdout } : { path: output }),
    });
    try {
      const total = tokens.sampleCount / tokens.tokenSpace.sampleRateHz;
      let sampleCount = 0;
      for await (const chunk of detokenizeGrids(detokenizer, plainGrids(tokens, bytePairs), {
        codebookCount,
        signal,
        ...conditioningOf(options),
      })) {
        await writer.write(chunk);
        sampleCount += sampleCountOf(chunk);
        task.update(sampleCount / sampleRateHz, total);
      }
      signal.throwIfAborted();
      const { clippedCount, warnings } = await writer.finish();
      const elapsedSeconds = (performance.now() - startMs) / 1000;
      return {
        input: argument,
        output,
        detokenizer: id,
        tokenSpace: tokens.tokenSpace.id,
        codebookCount: codebookCount ?? tokens.codebookCount,
        sampleFormat,
        sampleRateHz,
        channelCount,
        sampleCount,
        durationSeconds: sampleCount / sampleRateHz,
        clippedCount,
        elapsedSeconds,
        timesRealTime: sampleCount / sampleRateHz / elapsedSeconds,
        warnings: warnings.map(({ message }) => `${argument}: ${message}`),
      };
    } finally {
      // After `finish` this does nothing.
      await writer.abort();
    }
  } finally {
    await input.close();
  }
}

async function* plainGrids(tokens: TokenInput, bytePairs: readonly BytePairCoder[]): AsyncGenerator<TokenGrid> {
  for await (const grid of tokens.grids()) yield undoTransforms(grid, { bytePairs });
}

function codebooksOf(tokens: TokenInput, name: string, wanted: number | undefined): number | undefined {
  if (wanted === undefined || tokens.tokenSpace.derivedFrom !== undefined) return wanted;
  if (wanted <= tokens.codebookCount) return wanted;
  throw new SpeechTokensError('argument-invalid', {
    problem: `${name} does not have that many codebooks`,
    found: `--codebooks ${wanted}`,
    wanted: tokens.codebookCount === 1 ? '1' : `1 to ${tokens.codebookCount}`,
    remedy: 'Ask for fewer, or make the tokens again with more',
    details: { argument: 'codebooks' },
  });
}

function spaceOfNpy(
  detokenizers: Detokenizers,
  name: string,
  { tokenizer }: DetokenizeCommandOptions,
): ReturnType<Detokenizers['spaceOf']> {
  if (tokenizer !== undefined) return detokenizers.spaceOf(tokenizer);
  throw npyWithoutTokenizer(name);
}
