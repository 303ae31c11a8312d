import { ProgressLocation, window } from 'vscode';
import type { Fetched, InferenceProcess } from '../inference/index.ts';
import type { RequestOptions } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { sizeText } from './model-text.ts';

export interface Models {
  /** Brings a model here after a question, and tells everyone. @returns `false` where the user did not want it */
  fetch(tokenizer: string, options?: RequestOptions<Fetched>): Promise<boolean>;
  /** The same with a notification that shows progress and errors, and cancels. */
  fetchVisibly(tokenizer: string): Promise<void>;
  /** Removes a model after a question. */
  remove(tokenizer: string): Promise<void>;
}

/** @param onChange models have come or gone */
export function createModels(inference: InferenceProcess, onChange: () => Promise<void>): Models {
  const fetch: Models['fetch'] = async (tokenizer, options) => {
    const isHere = await inference.request('fetchModel', { tokenizer }, options);
    if (isHere) await onChange();
    return isHere;
  };
  return {
    fetch,
    async fetchVisibly(tokenizer) {
      const title = t('Fetching the model of {0}', tokenizer);
      const controller = new AbortController();
      try {
        await window.withProgress(
          { location: ProgressLocation.Notification, cancellable: true, title },
          (progress, token) => {
            token.onCancellationRequested(() => controller.abort());
            const onProgress = ({ stage, doneBytes, totalBytes }: Fetched): void => {
              const end = totalBytes === undefined ? '' : ` / ${sizeText(totalBytes)}`;
              progress.report({ message: `${stage}: ${sizeText(doneBytes)}${end}` });
            };
            return fetch(tokenizer, { signal: controller.signal, onProgress });
          },
        );
      } catch (error) {
        if (!controller.signal.aborted) window.showErrorMessage(messageOf(error));
      }
    },
    async remove(tokenizer) {
      const yes = t('Remove');
      const question = t('Remove the model of {0} from this machine?', tokenizer);
      const detail = t('It can be fetched again. Files that other models need stay.');
      if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
      try {
        await inference.request('removeModel', { tokenizer });
      } catch (error) {
        window.showErrorMessage(messageOf(error));
      }
      await onChange();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
