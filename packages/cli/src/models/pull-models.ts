import type { ModelsCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { findComponents } from '../plugins/find-components.ts';
import { createCliModelStore } from '../plugins/load-component.ts';
import { type JsonError, reportError, toJsonError } from '../report-error.ts';
import { formatBytes } from '../terminal/figures.ts';
import { createProgressLine } from '../terminal/progress.ts';
import { printable } from '../terminal/text-width.ts';
import { componentModels } from './component-models.ts';

/** What `--json` shows of a file that is here now; an index of weights in several files has the hash and size of all. */
export interface PulledModel {
  readonly ids: readonly string[];
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export async function pullModels(
  context: CliContext,
  ids: readonly string[],
  options: ModelsCommandOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const store = createCliModelStore(context, options);
  const registry = await findComponents(context, options.plugins);
  const { models } = await componentModels(context, registry, ids);
  const { capabilities, painter } = context.err;
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && options.quiet !== true };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
  const pulled: PulledModel[] = [];
  const failures: { readonly name: string; readonly error: JsonError }[] = [];
  try {
    for (const { ids: owners, file } of models) {
      try {
        const { path, sha256, sizeBytes } = await store.resolve(file, {
          signal,
          onProgress: ({ stage, done, total }) => {
            const end = total === undefined ? '' : ` of ${formatBytes(total)}`;
            progress.detail(`${printable(file.name)}: ${stage} ${formatBytes(done)}${end}`);
          },
        });
        progress.close();
        pulled.push({ ids: owners, name: file.name, path, sha256, sizeBytes });
        if (options.json === true) continue;
        await context.print(path);
        for (const part of (await store.parts(file)).slice(1))
          await context.print((await store.path(part)) ?? part.name);
      } catch (error) {
        signal.throwIfAborted();
        failures.push({ name: file.name, error: toJsonError(error) });
        progress.aside(() => reportError(context, error, file.name));
      }
    }
  } finally {
    progress.close();
  }
  if (options.json === true) await printJson(context, 'models pull', { models: pulled, failures });
  if (failures.length === 0) return exitCodes.ok;
  return pulled.length === 0 ? exitCodes.failed : exitCodes.partlyFailed;
}
