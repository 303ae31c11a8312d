import type { ModelFile } from '@speech-tokens/core';

/** A file that ships with this package, by the name of its folder in `models`. */
export function bundledFile(
  folder: string,
  name: string,
  { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number },
): ModelFile {
  const url = new URL(`../models/${folder}/${name}`, import.meta.url).href;
  return { name, source: { type: 'bundled', url }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
