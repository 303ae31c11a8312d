import { type Memento, window } from 'vscode';
import type { FetchOffer, InferenceProcess } from '../inference/index.ts';
import { RequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { sizeText } from './model-text.ts';
import { allowPlugin, inferenceSettings } from './settings.ts';

/** Code of the workspace runs only after somebody has agreed to this version of it. */
export async function checkConsent(tokenizer: string, inference: InferenceProcess, memory: Memento): Promise<void> {
  const { tokenizers } = await inference.request('tokenizers', null);
  const found = tokenizers.find(({ id }) => id === tokenizer);
  if (found === undefined || found.isBundled) return;
  const { packageName, version } = found;
  const plugin = `${packageName}@${version}`;
  if (inferenceSettings(memory).allowedPlugins.includes(plugin)) return;
  const yes = t('Run Its Code');
  const answer = await window.showWarningMessage(
    t('The tokenizer {0} is code of the package {1} {2} in this workspace.', tokenizer, packageName, version),
    {
      modal: true,
      detail: t('It runs in a process of its own, with all that you may do: that is no sandbox.'),
    },
    yes,
  );
  if (answer !== yes) {
    throw new RequestError(t('The code of {0} {1} may not run', packageName, version), 'plugin-not-allowed');
  }
  await allowPlugin(memory, plugin);
  inference.configure(inferenceSettings(memory));
}

/** Asks whether a model may be downloaded, with size, licence and source of each file; every time anew. */
export async function mayFetch({ tokenizer, files }: FetchOffer): Promise<boolean> {
  const yes = t('Download');
  const sizes = files.map(({ sizeBytes }) => sizeBytes);
  const total = sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
  const lines = files.flatMap(({ name, url, licence, sizeBytes }) => [
    t('{0}: {1}, licence {2}', name, sizeText(sizeBytes), licence),
    t('from {0}', url),
  ]);
  const answer = await window.showInformationMessage(
    t('Download the model of {0} ({1})?', tokenizer, sizeText(total)),
    { modal: true, detail: lines.join('\n') },
    yes,
  );
  return answer === yes;
}
