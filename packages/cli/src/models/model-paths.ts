import { SpeechTokensError } from '@speech-tokens/core';
import type { ModelsCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { findComponents } from '../plugins/find-components.ts';
import { createCliModelStore } from '../plugins/load-component.ts';
import { componentModels, withParts } from './component-models.ts';

/**
 * Prints where the files of a model are, or the cache folder.
 * @throws SpeechTokensError `model-missing` when one of them has not been downloaded
 */
export async function printModelPaths(
  context: CliContext,
  id: string | undefined,
  options: ModelsCommandOptions,
): Promise<ExitCode> {
  const store = createCliModelStore(context, options);
  if (id === undefined) {
    if (options.json === true) await printJson(context, 'models path', { cacheDirectory: store.cacheDirectory });
    else await context.print(store.cacheDirectory);
    return exitCodes.ok;
  }
  const { models } = await componentModels(context, await findComponents(context, options.plugins), [id]);
  const files: { readonly name: string; readonly path: string }[] = [];
  for (const { file } of await withParts(store, models)) {
    const path = await store.path(file);
    if (path === undefined) {
      throw new SpeechTokensError('model-missing', {
        problem: `${file.name} of ${id} is not on this machine yet`,
        remedy: `Run \`speech-tokens models pull ${id}\``,
        details: { path: file.name },
      });
    }
    files.push({ name: file.name, path });
  }
  if (options.json === true) await printJson(context, 'models path', { id, files });
  else for (const { path } of files) await context.print(path);
  return exitCodes.ok;
}
