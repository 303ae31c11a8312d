import { hashFile } from '@speech-tokens/core/node/files';
import type { ModelsCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { findComponents } from '../plugins/find-components.ts';
import { createCliModelStore } from '../plugins/load-component.ts';
import { formatBytes } from '../terminal/figures.ts';
import { createProgressLine } from '../terminal/progress.ts';
import { formatTable } from '../terminal/table.ts';
import { printable } from '../terminal/text-width.ts';
import { componentModels, withParts } from './component-models.ts';

/** What `--json` shows of a file that was read again. */
export interface VerifiedModel {
  readonly name: string;
  /** Absent where the file is not on this machine. */
  readonly path?: string;
  readonly sizeBytes?: number;
  /** `unknown`: nothing says what its hash should be. `absent`: it was never downloaded, which is no error. */
  readonly result: 'intact' | 'corrupt' | 'unknown' | 'absent';
  readonly foundSha256?: string;
  readonly wantedSha256?: string;
}

export async function verifyModels(
  context: CliContext,
  ids: readonly string[],
  options: ModelsCommandOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const store = createCliModelStore(context, options);
  const registry = await findComponents(context, options.plugins);
  const { models } = await componentModels(context, registry, ids.length === 0 ? undefined : ids);
  const { capabilities, painter: errPainter } = context.err;
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && options.quiet !== true };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, errPainter, 1);
  const verified: VerifiedModel[] = [];
  try {
    for (const { file } of await withParts(store, models)) {
      const { name, sha256: wantedSha256 } = file;
      const path = await store.path(file);
      if (path === undefined) {
        verified.push({ name, result: 'absent' });
        continue;
      }
      progress.stage(`Checking ${printable(name)} …`);
      const { sha256: foundSha256, sizeBytes } = await hashFile(path, { signal });
      const isSizeWrong = file.sizeBytes !== undefined && file.sizeBytes !== sizeBytes;
      const isCorrupt = isSizeWrong || (wantedSha256 !== undefined && wantedSha256 !== foundSha256);
      const result = isCorrupt ? 'corrupt' : wantedSha256 === undefined ? 'unknown' : 'intact';
      verified.push({
        name,
        path,
        sizeBytes,
        result,
        foundSha256,
        ...(wantedSha256 === undefined ? {} : { wantedSha256 }),
      });
    }
    // The cache knows the hashes of what it downloaded, also where no plugin names them.
    for await (const { file, result } of store.verify({ signal })) {
      const known = verified.findIndex(({ path }) => path === file.path);
      if (known < 0 && ids.length > 0) continue;
      const entry: VerifiedModel = { name: file.name ?? file.path, path: file.path, sizeBytes: file.sizeBytes, result };
      if (known < 0) verified.push(entry);
      else if (verified[known]!.result === 'unknown') verified[known] = { ...verified[known]!, result };
    }
  } finally {
    progress.close();
  }
  const hasFailed = verified.some(({ result }) => result === 'corrupt');
  if (options.json === true) {
    await printJson(context, 'models verify', { models: verified });
    return hasFailed ? exitCodes.failed : exitCodes.ok;
  }
  const { painter, capabilities: outCapabilities } = context.out;
  const marks = { intact: painter.good, corrupt: painter.bad, unknown: painter.warn, absent: painter.dim };
  const texts = { intact: 'intact', corrupt: 'corrupt', unknown: 'hash unknown', absent: 'not here yet' };
  const rows = verified.map(({ name, path, sizeBytes, result }) => [
    marks[result](texts[result]),
    printable(name),
    sizeBytes === undefined ? '–' : formatBytes(sizeBytes),
    path === undefined ? '' : printable(path),
  ]);
  const columns = [
    { title: 'result' },
    { title: 'file' },
    { title: 'size', align: 'right' },
    { title: 'path' },
  ] as const;
  for (const line of formatTable(columns, rows, painter, outCapabilities.width)) await context.print(line);
  if (hasFailed) {
    context.report(
      `${errPainter.bad('error:')} A model file is damaged. Reinstall its package, or delete the file and run \`speech-tokens models pull\`.`,
    );
  }
  return hasFailed ? exitCodes.failed : exitCodes.ok;
}
