import { stat } from 'node:fs/promises';
import type { CachedModelFile } from '@speech-tokens/core/node';
import type { ModelsCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { findComponents } from '../plugins/find-components.ts';
import { createCliModelStore } from '../plugins/load-component.ts';
import { messageOf } from '../report-error.ts';
import { formatBytes } from '../terminal/figures.ts';
import { formatTable } from '../terminal/table.ts';
import { printable } from '../terminal/text-width.ts';
import { type ComponentModel, componentModels, sourceText, withParts } from './component-models.ts';

/** What `--json` shows of a model file. */
export interface ListedModel {
  readonly ids: readonly string[];
  readonly package: string;
  readonly name: string;
  readonly source: ComponentModel['file']['source'];
  readonly sizeBytes?: number;
  readonly sha256?: string;
  readonly licence: string;
  /** Absent where it has to be downloaded first. */
  readonly path?: string;
}

/** What `--json` shows of a file in the cache that no installed plugin names. */
export interface OtherCachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly state: CachedModelFile['state'];
  readonly licence?: string;
}

export async function listModels(context: CliContext, options: ModelsCommandOptions): Promise<ExitCode> {
  const store = createCliModelStore(context, options);
  const registry = await findComponents(context, options.plugins);
  const { models: declared, problems } = await componentModels(context, registry, undefined);
  const models = await withParts(store, declared);
  const listed: ListedModel[] = [];
  for (const { ids, packageName, file } of models) {
    const path = await store.path(file);
    const { name, source, sha256, licence } = file;
    // Plugins need not know the sizes of what the hub has.
    const sizeBytes = file.sizeBytes ?? (path === undefined ? undefined : (await stat(path)).size);
    listed.push({
      ids,
      package: packageName,
      name,
      source,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
      licence,
      ...(path === undefined ? {} : { path }),
    });
  }
  const owned = new Set(listed.map(({ path }) => path));
  const others: readonly OtherCachedFile[] = (await store.list())
    .filter(({ path }) => !owned.has(path))
    .map(({ path, sizeBytes, state, licence }) => ({
      path,
      sizeBytes,
      state,
      ...(licence === undefined ? {} : { licence }),
    }));

  if (options.json === true) {
    const { cacheDirectory } = store;
    await printJson(context, 'models list', { cacheDirectory, models: listed, otherCachedFiles: others });
    return exitCodes.ok;
  }
  const { painter, capabilities } = context.out;
  const rows = listed.map((model, index) => [
    model.ids.map(printable).join(', '),
    printable(model.name),
    model.sizeBytes === undefined ? '–' : formatBytes(model.sizeBytes),
    printable(model.licence),
    model.path === undefined ? painter.warn('not here yet') : painter.good('here'),
    printable(sourceText(models[index]!.file)),
  ]);
  if (rows.length === 0) await context.print('No installed plugin needs model files.');
  else {
    const columns = [
      { title: 'model' },
      { title: 'file' },
      { title: 'size', align: 'right' },
      { title: 'licence' },
      { title: 'state' },
      { title: 'from', dropOrder: 1 },
    ] as const;
    for (const line of formatTable(columns, rows, painter, capabilities.width)) await context.print(line);
  }
  if (others.length > 0) {
    await context.print('');
    await context.print(painter.dim('Also in the cache, and named by no installed plugin:'));
    for (const { path, sizeBytes, state } of others) {
      await context.print(
        `  ${formatBytes(sizeBytes).padStart(8)}  ${printable(path)}${state === 'partial' ? ' (unfinished)' : ''}`,
      );
    }
  }
  for (const { packageName, error } of problems) {
    context.report(`${context.err.painter.warn('warning:')} ${packageName} cannot be used: ${messageOf(error)}`);
  }
  return exitCodes.ok;
}
