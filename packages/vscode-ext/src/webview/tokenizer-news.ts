import type { TokenizerChoice } from '../inference/index.ts';

/** Whether a tokenizer can be used now and could not be before, or is another than before. */
export function isNews(id: string, before: readonly TokenizerChoice[], after: readonly TokenizerChoice[]): boolean {
  const now = usable(after.find((one) => one.id === id));
  return now !== undefined && now !== usable(before.find((one) => one.id === id));
}

/** Differs for each version and folder; `undefined` where it cannot be used. */
function usable(tokenizer: TokenizerChoice | undefined): string | undefined {
  if (tokenizer === undefined) return undefined;
  const { packageName, version, model } = tokenizer;
  if (model?.state === 'to-fetch' || model?.state === 'needs-folder') return undefined;
  return [packageName, version, model?.state === 'own-folder' ? model.source : ''].join(' ');
}
