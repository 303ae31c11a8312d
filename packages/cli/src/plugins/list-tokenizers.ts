import { bitrateBps, frameRateHz, type TokenSpace } from '@speech-tokens/core';
import type { FoundComponent } from '@speech-tokens/core/node';
import type { TokenizersCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { messageOf, toJsonError } from '../report-error.ts';
import { formatBitrate, formatBytes, formatRate, formatSampleRate } from '../terminal/figures.ts';
import { formatPairs } from '../terminal/table.ts';
import { printable } from '../terminal/text-width.ts';
import { defaultTokenizerId, findComponents } from './find-components.ts';
import { listComponents } from './list-components.ts';

/** What `--json` shows of a tokenizer. */
export interface ListedTokenizer {
  readonly id: string;
  readonly title: string;
  readonly package: string;
  readonly version: string;
  readonly directory: string;
  /** Used where no `--tokenizer` is given. */
  readonly isDefault: boolean;
  readonly tokenSpace: string;
  readonly sampleRateHz: number;
  readonly codebooks: readonly { readonly name: string; readonly size: number; readonly frameRateHz?: number }[];
  readonly prefixDecodable: boolean;
  readonly bitrateBps?: number;
  /** Absent where it does not stream. */
  readonly latencySeconds?: number;
  /** Absent where one of its files does not say. */
  readonly modelSizeBytes?: number;
  readonly licences: readonly string[];
  /** Whether an installed detokenizer reads its tokens. */
  readonly hasDetokenizer: boolean;
}

export async function listTokenizers(context: CliContext, options: TokenizersCommandOptions): Promise<ExitCode> {
  const registry = await findComponents(context, options.plugins);
  const tokenizers = await listComponents(registry, 'tokenizer', context.signal);
  const detokenizers = await listComponents(registry, 'detokenizer', context.signal);
  const readable = new Set(detokenizers.components.map(({ component }) => component.tokenSpace.id));
  const listed = tokenizers.components.map((found) => describe(found, readable));
  const { problems } = tokenizers;
  if (options.json === true) {
    const broken = problems.map(({ packageName, directory, error }) => {
      return { package: packageName, directory, error: toJsonError(error) };
    });
    await printJson(context, 'tokenizers', { tokenizers: listed, problems: broken });
    return exitCodes.ok;
  }
  const { painter } = context.out;
  for (const [index, tokenizer] of listed.entries()) {
    if (index > 0) await context.print('');
    const mark = tokenizer.isDefault ? painter.dim(' (default)') : '';
    await context.print(
      `${painter.bold(painter.accent(printable(tokenizer.id)))}${mark}  ${printable(tokenizer.title)}`,
    );
    for (const line of formatPairs(factsOf(tokenizer), painter)) await context.print(`  ${line}`);
  }
  if (listed.length === 0)
    await context.print('No tokenizer is installed. Install a plugin, or point to one with --plugins DIR.');
  for (const { packageName, error } of problems) {
    context.report(`${context.err.painter.warn('warning:')} ${packageName} cannot be used: ${messageOf(error)}`);
  }
  return exitCodes.ok;
}

function describe({ component, plugin }: FoundComponent<'tokenizer'>, readable: ReadonlySet<string>): ListedTokenizer {
  const { id, title, tokenSpace, models, latencySamples } = component;
  const rate = bitrateBps(tokenSpace);
  const sizes = models.map((model) => model.sizeBytes);
  const modelSizeBytes = sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
  return {
    id,
    title,
    package: plugin.packageName,
    version: plugin.version,
    directory: plugin.directory,
    isDefault: id === defaultTokenizerId,
    tokenSpace: tokenSpace.id,
    sampleRateHz: tokenSpace.sampleRateHz,
    codebooks: tokenSpace.codebooks.map((codebook) => {
      const frameRate = frameRateHz(tokenSpace, codebook);
      const { name, size } = codebook;
      return { name, size, ...(frameRate === undefined ? {} : { frameRateHz: frameRate }) };
    }),
    prefixDecodable: tokenSpace.prefixDecodable,
    ...(rate === undefined ? {} : { bitrateBps: rate }),
    ...(latencySamples === undefined ? {} : { latencySeconds: latencySamples / tokenSpace.sampleRateHz }),
    ...(modelSizeBytes === undefined ? {} : { modelSizeBytes }),
    licences: [...new Set(models.map((model) => model.licence))],
    hasDetokenizer: readable.has(tokenSpace.id),
  };
}

function factsOf(tokenizer: ListedTokenizer): readonly (readonly [string, string])[] {
  const { codebooks, prefixDecodable, latencySeconds, modelSizeBytes, licences } = tokenizer;
  const streaming =
    latencySeconds === undefined ? 'no' : `yes, latency ${Number((1000 * latencySeconds).toFixed(2))} ms`;
  return [
    ['tokens', `${shapeText(codebooks)}, ${formatBitrate(tokenizer.bitrateBps)}`],
    ['audio', formatSampleRate(tokenizer.sampleRateHz)],
    ['fewer codebooks', prefixDecodable ? 'yes, any first ones decode' : 'no'],
    ['streaming', streaming],
    ['decodes', tokenizer.hasDetokenizer ? 'yes' : 'no detokenizer is installed'],
    [
      'model',
      `${modelSizeBytes === undefined ? 'size unknown' : formatBytes(modelSizeBytes)}, ${licences.map(printable).join(', ') || 'no files'}`,
    ],
    ['package', `${printable(tokenizer.package)} ${printable(tokenizer.version)}`],
    ['token space', printable(tokenizer.tokenSpace)],
  ];
}

/** `8 × 1024 at 50 frames/s`; codebooks of different sizes or rates one by one. */
function shapeText(codebooks: ListedTokenizer['codebooks']): string {
  const shapes = codebooks.map(({ size, frameRateHz: rate }) => {
    return { size: String(size), rate: rate === undefined ? 'no clock' : `${formatRate(rate)} frames/s` };
  });
  const sizes = new Set(shapes.map(({ size }) => size));
  const rates = new Set(shapes.map(({ rate }) => rate));
  const sizeText =
    sizes.size === 1 ? `${codebooks.length} × ${[...sizes][0]}` : shapes.map(({ size }) => size).join(' + ');
  const rateText = rates.size === 1 ? [...rates][0] : shapes.map(({ rate }) => rate).join(', ');
  return `${sizeText} at ${rateText}`;
}

/** The same of a token space. */
export function spaceShapeText(space: TokenSpace, codebookCount: number = space.codebooks.length): string {
  return shapeText(
    space.codebooks.slice(0, codebookCount).map((codebook) => {
      const rate = frameRateHz(space, codebook);
      return { name: codebook.name, size: codebook.size, ...(rate === undefined ? {} : { frameRateHz: rate }) };
    }),
  );
}
