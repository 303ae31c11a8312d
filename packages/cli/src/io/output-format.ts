import { extname } from 'node:path';
import type { CliContext } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { type PlannedOutput, standardStream } from './output-paths.ts';
import { type TokenFormat, tokenFormats } from './token-output.ts';

/**
 * The format that tokens are written in: as `--format` says, else by the ending of `--out`, else safetensors.
 * @throws UsageError where the two contradict each other
 */
export function formatOf({ format, out }: { readonly format?: TokenFormat; readonly out?: string }): TokenFormat {
  const ending = out === undefined ? '' : extname(out).slice(1).toLowerCase();
  const byEnding = tokenFormats.find((candidate) => candidate === ending);
  if (format !== undefined && byEnding !== undefined && format !== byEnding) {
    throw new UsageError(`--out ${out} ends in .${ending}, but --format says ${format}: change one of them`);
  }
  return format ?? byEnding ?? 'safetensors';
}

/** Bytes on a terminal help no one and may upset it. @throws UsageError */
export function checkTerminal(context: CliContext, planned: readonly PlannedOutput[], format: TokenFormat): void {
  const isTerminal = context.out.capabilities.isTerminal;
  if (!isTerminal || format === 'json' || planned.every(({ output }) => output !== standardStream)) return;
  throw new UsageError('A token file is not text: give --out PATH, pipe it into another program, or use --format json');
}
