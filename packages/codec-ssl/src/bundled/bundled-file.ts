import type { ModelFile } from '@speech-tokens/core';

/**
 * A file that ships with this package, by the name of its folder in `models`: two folders above this one, also from `dist`
 * and from `dist/inference` of the VS Code extension, which bundles this package into one script.
 */
export function bundledFile(
  folder: string,
  name: string,
  { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number },
): ModelFile {
  const url = new URL(`../../models/${folder}/${name}`, import.meta.url).href;
  return { name, source: { type: 'bundled', url }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
