import { stat } from 'node:fs/promises';
import { type ModelFile, needsCheckpoint } from '@speech-tokens/core';
import type { NodeModelStore } from '@speech-tokens/core/node';
import type { ModelFacts } from './methods.ts';

/**
 * What is known of model files without running code or asking anyone.
 * @param folder that stands in for their sources, where the settings name one
 */
export async function modelFactsOf(
  store: NodeModelStore,
  models: readonly ModelFile[],
  folder: string | undefined,
): Promise<ModelFacts> {
  const licences = [...new Set(models.map(({ licence }) => licence))];
  if (folder !== undefined) return { state: 'own-folder', licences, source: folder };
  const source = [...new Set(models.map(sourceName).filter((name) => name !== undefined))].join(', ');
  if (needsCheckpoint({ models })) return { state: 'needs-folder', licences, source };
  const paths = await Promise.all(models.map((file) => store.path(file)));
  const isHere = paths.every((path) => path !== undefined);
  const sizes = isHere ? await Promise.all(paths.map(sizeOf)) : models.map(({ sizeBytes }) => sizeBytes);
  const isBundled = models.every((file) => file.source.type === 'bundled');
  return {
    state: isBundled ? 'bundled' : isHere ? 'here' : 'to-fetch',
    ...(sizes.every((size) => size !== undefined) ? { sizeBytes: sizes.reduce((sum, size) => sum + size, 0) } : {}),
    licences,
    source,
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

function sourceName({ source }: ModelFile): string | undefined {
  if (source.type === 'hub') return source.repository;
  return source.type === 'https' ? new URL(source.url).host : undefined;
}
