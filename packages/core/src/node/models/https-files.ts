import { realpath } from 'node:fs/promises';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError, SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { checkFile, describeFile } from './check-file.ts';
import { askConsent } from './consent.ts';
import { download } from './download.ts';
import { corrupt, offline } from './model-errors.ts';
import type { StoreParts } from './store-parts.ts';

/** The file at an address. Where no hash is declared, the bytes of the first download are pinned. */
export async function resolveHttps(
  store: StoreParts,
  file: ModelFile,
  address: string,
  options: CallOptions,
): Promise<ResolvedModelFile> {
  const { settings, layout, pins, records } = store;
  const { signal } = options;
  const url = normalUrl(address);
  const path = layout.httpsFile(url);
  const pin = await pins.contentOf(url);
  if (pin !== undefined && file.sha256 !== undefined && pin.sha256 !== file.sha256) {
    throw corrupt(
      path,
      pin,
      file,
      `What this address gave before is another file: remove it from the cache (\`speech-tokens models list\` shows it)`,
    );
  }
  const sha256 = file.sha256 ?? pin?.sha256 ?? (await records.read(path))?.sha256;
  const description = describeFile(file, { type: 'https', url });

  if (sha256 !== undefined && (await realpath(path).catch(() => undefined)) !== undefined) {
    try {
      const remedy = 'Go online: it is then downloaded anew';
      return await checkFile(records, path, { sha256 }, description, remedy, options);
    } catch (error) {
      if (!isSpeechTokensError(error, 'model-corrupt') || settings.offline) throw error;
    }
  }
  if (settings.offline) throw offline(file, url);
  const wanted = { sha256, sizeBytes: file.sizeBytes ?? pin?.sizeBytes };
  await askConsent(settings, file, url, wanted.sizeBytes, signal);
  const resolved = await download(store, { remote: { url }, targetPath: path, wanted, description }, options);
  await pins.pinContent(url, resolved, signal);
  return resolved;
}

/** The same address in one spelling. */
export function normalUrl(address: string): string {
  if (!URL.canParse(address)) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The address of a model file is none',
      found: JSON.stringify(address.slice(0, 120)),
      wanted: 'an https address',
      remedy: 'Correct the model file; where it comes from a plugin, tell its authors',
      details: { argument: 'source.url' },
    });
  }
  const url = new URL(address);
  url.hash = '';
  return url.href;
}
