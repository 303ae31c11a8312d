import { convertStream } from '@speech-tokens/audio-files';
import { type SpeechTokenizerV1, SpeechTokensError, type TokenGrid } from '@speech-tokens/core';
import type { TokenizeCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openAudio } from '../io/audio-source.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { filesIn, recordings } from '../io/files-in-folders.ts';
import { openInput } from '../io/input-source.ts';
import { checkTerminal, formatOf } from '../io/output-format.ts';
import { checkMayWrite, planOutputs, stemOf } from '../io/output-paths.ts';
import { processFiles, type Work } from '../io/process-files.ts';
import { type TokenFormat, writeTokens } from '../io/token-output.ts';
import { defaultTokenizerId, findComponents } from '../plugins/find-components.ts';
import { loadTokenizer } from '../plugins/load-component.ts';
import { formatDuration, formatSpeed, plural } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';
import { tokenizeChunks } from './tokenize-chunks.ts';

/** What `--json` shows of one recording. */
export interface TokenizedFile {
  readonly input: string;
  /** Absolute path, or `-`. */
  readonly output: string;
  readonly format: TokenFormat;
  readonly tokenizer: string;
  readonly tokenSpace: string;
  readonly sampleRateHz: number;
  readonly sampleCount: number;
  readonly durationSeconds: number;
  readonly codebookCount: number;
  /** Of all codebooks together. */
  readonly tokenCount: number;
  readonly sourceSha256: string;
  readonly elapsedSeconds: number;
  readonly timesRealTime: number;
  /** What was noticed about the recording, as sentences. */
  readonly warnings: readonly string[];
}

export async function tokenizeFiles(
  context: CliContext,
  args: readonly string[],
  options: TokenizeCommandOptions,
): Promise<ExitCode> {
  const format = formatOf(options);
  const planned = await planOutputs({
    inputs: await filesIn(args, context.cwd, recordings),
    out: options.out,
    cwd: context.cwd,
    nameFor: (name) => `${stemOf(name)}.tokens.${format}`,
  });
  checkTerminal(context, planned, format);
  const id = options.tokenizer ?? defaultTokenizerId;
  return processFiles<SpeechTokenizerV1, TokenizedFile>(context, {
    command: 'tokenize',
    planned,
    options,
    async load() {
      const { part } = await loadTokenizer(context, await findComponents(context, options.plugins), id, options);
      checkCodebooks(part, options.codebooks);
      return part;
    },
    unload: (tokenizer) => tokenizer.close(),
    work: (tokenizer, work) => tokenizeFile(context, tokenizer, { ...work, id, format, options }),
    summary: (result) =>
      `${printable(result.input)}: ${formatDuration(result.durationSeconds)}, ${result.codebookCount} × ${plural(
        Math.round(result.tokenCount / result.codebookCount),
        'token',
      )}, ${formatSpeed(result.timesRealTime)} real time`,
  });
}

interface TokenizeWork extends Work {
  readonly id: string;
  readonly format: TokenFormat;
  readonly options: TokenizeCommandOptions;
}

async function tokenizeFile(
  context: CliContext,
  tokenizer: SpeechTokenizerV1,
  work: TokenizeWork,
): Promise<TokenizedFile> {
  const { signal } = context;
  const { input: argument, output, format, options, task } = work;
  await checkMayWrite(output, options.force === true);
  const startMs = performance.now();
  const input = await openInput(context, argument);
  try {
    const { file, durationSeconds: total } = await openAudio(context, input);
    const sha256 = await input.sha256();
    await ensureFolder(output);
    const { tokenSpace, audioFormat } = tokenizer;
    const codebookCount = options.codebooks ?? tokenSpace.codebooks.length;
    let sampleCount = 0;
    let tokenCount = 0;
    const count = async function* (grids: AsyncIterable<TokenGrid>): AsyncGenerator<TokenGrid> {
      for await (const grid of grids) {
        sampleCount += grid.sampleCount;
        for (const { ids } of grid.tracks) tokenCount += ids.length;
        task.update(sampleCount / tokenSpace.sampleRateHz, total);
        yield grid;
      }
    };
    const chunks = convertStream(file.read({ signal }), audioFormat, { signal });
    const grids = tokenizeChunks(tokenizer, chunks, { codebookCount, signal });
    await writeTokens(context, output, format, count(grids), {
      tokenSpace,
      codebookCount,
      source: { name: input.label, sha256 },
    });
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    const durationSeconds = sampleCount / tokenSpace.sampleRateHz;
    return {
      input: argument,
      output,
      format,
      tokenizer: work.id,
      tokenSpace: tokenSpace.id,
      sampleRateHz: tokenSpace.sampleRateHz,
      sampleCount,
      durationSeconds,
      codebookCount,
      tokenCount,
      sourceSha256: sha256,
      elapsedSeconds,
      timesRealTime: durationSeconds / elapsedSeconds,
      warnings: file.warnings.map(({ message }) => message),
    };
  } finally {
    await input.close();
  }
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkCodebooks(
  { tokenSpace }: Pick<SpeechTokenizerV1, 'tokenSpace'>,
  wanted: number | undefined,
): void {
  const available = tokenSpace.codebooks.length;
  if (wanted === undefined || wanted <= available) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: `${tokenSpace.id} does not have that many codebooks`,
    found: `--codebooks ${wanted}`,
    wanted: available === 1 ? '1' : `1 to ${available}`,
    remedy: 'Ask for fewer codebooks',
    details: { argument: 'codebooks' },
  });
}
