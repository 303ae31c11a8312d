import { isSpeechTokensError, type ModelFile } from '@speech-tokens/core';
import { type ConsentRequest, createModelStore, type NodeModelStore } from '@speech-tokens/core/node';
import type { CallContext } from '../protocol/index.ts';
import type { Fetched, FetchOffer } from './methods.ts';

/** Asks whether files may be downloaded. */
export type MayFetch = (offer: FetchOffer, signal: AbortSignal) => Promise<boolean>;

/**
 * Brings model files to this machine: asks the hub for their sizes, then the user once for all of them, and only then
 * downloads. What has arrived is kept when it is interrupted, and the next time goes on from there.
 * @returns whether they are here now: `false` where the user did not agree
 * @throws SpeechTokensError `model-offline`, `model-download`, `model-corrupt`, `model-disk-space`, `file-write`
 */
export async function fetchModel(
  tokenizer: string,
  models: readonly ModelFile[],
  mayFetch: MayFetch,
  { signal, progress }: CallContext<Fetched>,
): Promise<boolean> {
  progress({ stage: tokenizer, doneBytes: 0 });
  const files = await wouldFetch(models, signal);
  if (files.length > 0 && !(await mayFetch({ tokenizer, files }, signal))) return false;
  // Nothing but what was shown: another address or size is another question.
  const agreed = new Map(files.map(({ url, sizeBytes }) => [url, sizeBytes]));
  const store = createModelStore({
    consent: async ({ url, sizeBytes }) => agreed.has(url) && agreed.get(url) === sizeBytes,
  });
  for (const file of models) {
    await store.resolve(file, {
      signal,
      onProgress: ({ done, total }) =>
        progress({ stage: file.name, doneBytes: done, ...(total === undefined ? {} : { totalBytes: total }) }),
    });
  }
  return true;
}

/** What a download of these files would bring: the store asks for consent when it knows, and is refused. */
async function wouldFetch(models: readonly ModelFile[], signal: AbortSignal): Promise<readonly ConsentRequest[]> {
  const wanted: ConsentRequest[] = [];
  const store = createModelStore({
    async consent(request) {
      wanted.push(request);
      return false;
    },
  });
  for (const file of models) {
    try {
      await store.resolve(file, { signal });
    } catch (error) {
      if (!isSpeechTokensError(error, 'model-consent')) throw error;
    }
  }
  return wanted;
}

/** Deletes what was downloaded of these files, finished or not, unless it is kept for others. @returns its bytes */
export async function removeModel(
  store: NodeModelStore,
  models: readonly ModelFile[],
  keptFor: readonly ModelFile[],
): Promise<number> {
  const kept = new Set(keptFor.map(sourceKey));
  const ours = models.filter((file) => !kept.has(sourceKey(file)));
  const paths = new Set(await Promise.all(ours.map((file) => store.path(file))));
  let bytes = 0;
  for (const file of await store.list()) {
    const isPart = file.state === 'partial' && ours.some((model) => isSameFile(model, file.source));
    if (isPart || paths.has(file.path)) bytes += await store.remove(file);
  }
  return bytes;
}

/** Equal for equal sources. */
export function sourceKey({ source }: ModelFile): string {
  return JSON.stringify(source);
}

/** Whether a file of the cache is that of a model, at whatever commit. */
function isSameFile({ source }: ModelFile, found: ModelFile['source'] | undefined): boolean {
  if (source.type === 'hub' && found?.type === 'hub') {
    return source.repository === found.repository && source.file === found.file;
  }
  return source.type === 'https' && found?.type === 'https' && source.url === found.url;
}
