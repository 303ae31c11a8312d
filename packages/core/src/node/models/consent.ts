import type { ModelFile } from '../../contract/model-file.ts';
import { raceSignal } from '../../streaming/race-signal.ts';
import { noConsent } from './model-errors.ts';
import type { StoreSettings } from './store-options.ts';

/**
 * Asks whether a file may be downloaded.
 * @throws SpeechTokensError `model-consent` when the answer is no, or there is no one to ask
 */
export async function askConsent(
  settings: StoreSettings,
  file: ModelFile,
  url: string,
  sizeBytes: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (settings.consent === undefined) throw noConsent(file, url, sizeBytes ?? file.sizeBytes, false);
  const known = sizeBytes ?? file.sizeBytes;
  const request = { url, licence: file.licence, name: file.name, ...(known !== undefined && { sizeBytes: known }) };
  const answer = await raceSignal(settings.consent(request, signal === undefined ? {} : { signal }), signal);
  // Only `true`: an answer that was forgotten is not a yes.
  if (answer !== true) throw noConsent(file, url, known, true);
}
