import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type LoadContext, type ModelStore, SpeechTokensError, type TokenizerComponent } from '@speech-tokens/core';
import { withCheckpointDirectory } from '@speech-tokens/core/node';
import { unitsOfFolder } from '../../src/units/units-of-folder.ts';
import { bundledModels } from './bundled.ts';
import { goldenFolder } from './reference.ts';
import { scratchFolder } from './scratch.ts';

/** A store that finds what a folder has; nothing is fetched. */
export function modelsIn(
  directory: string,
  { models }: Pick<TokenizerComponent, 'models'> = unitsOfFolder,
): ModelStore {
  return withCheckpointDirectory(bundledModels(), directory, models);
}

export function contextIn(directory: string): LoadContext {
  return { models: modelsIn(directory) };
}

/** A folder with a units.json for an encoder of the golden ones, with centroids of it. */
export async function unitsFolder(encoder: string, settings: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const folder = await scratchFolder();
  const golden = relative(folder, goldenFolder(encoder));
  const units = { layer: 2, encoder: golden, centroids: join(golden, 'centroids-l2.npy'), ...settings };
  await writeFile(join(folder, 'units.json'), JSON.stringify(units));
  return folder;
}

export async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SpeechTokensError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
