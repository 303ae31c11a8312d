import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { ModelsCommandOptions } from './command-options.ts';
import { addJson, addPlugins, addQuiet } from './shared-options.ts';

export function addModelsCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const models = program
    .command('models')
    .summary('list, download, check and find the files of models')
    .description('List, download, check and find the files that models need.');

  const list = models
    .command('list')
    .summary('the files of every installed model, and what is in the cache')
    .description('List the files of every installed model, where they are, and what else is in the cache.');
  addPlugins(list);
  addJson(list);
  list.action(async (options: ModelsCommandOptions) => {
    const { listModels } = await import('../models/list-models.ts');
    finish(await listModels(context, options));
  });

  const pull = models
    .command('pull')
    .summary('download the files of models, checked by hash')
    .description('Download the files of models. Size and licence are shown, and you are asked first.')
    .argument('<ids...>', 'ids such as rvq:speech-16khz')
    .option('-y, --yes', 'agree to the downloads without being asked');
  addPlugins(pull);
  addJson(pull);
  addQuiet(pull);
  pull.action(async (ids: readonly string[], options: ModelsCommandOptions) => {
    const { pullModels } = await import('../models/pull-models.ts');
    finish(await pullModels(context, ids, options));
  });

  const verify = models
    .command('verify')
    .summary('read every file again and compare its hash')
    .description('Read the files of the named models, or all that are here, again and compare size and SHA-256.')
    .argument('[ids...]', 'ids such as rvq:speech-16khz; all installed ones and the whole cache by default');
  addPlugins(verify);
  addJson(verify);
  addQuiet(verify);
  verify.action(async (ids: readonly string[], options: ModelsCommandOptions) => {
    const { verifyModels } = await import('../models/verify-models.ts');
    finish(await verifyModels(context, ids, options));
  });

  const path = models
    .command('path')
    .summary('print where the files of a model are, or the cache folder')
    .description('Print the paths of the files of a model, one a line; without an id the cache folder.')
    .argument('[id]', 'an id such as rvq:speech-16khz');
  addPlugins(path);
  addJson(path);
  path.action(async (id: string | undefined, options: ModelsCommandOptions) => {
    const { printModelPaths } = await import('../models/model-paths.ts');
    finish(await printModelPaths(context, id, options));
  });
}
