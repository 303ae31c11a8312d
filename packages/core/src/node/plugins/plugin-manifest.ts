import type { Component, PluginManifest } from '../../contract/speech-plugin.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { isRecord } from '../is-record.ts';

/** The kinds of component that this version knows. */
const componentKinds: readonly Component['kind'][] = ['tokenizer', 'detokenizer', 'language-model'];

const supportedVersion = 'v1';

/**
 * Checks the `speechTokens` field of a package.json.
 * @throws SpeechTokensError `plugin-version-unsupported` or `plugin-invalid`
 */
export function parsePluginManifest(packageName: string, value: unknown): PluginManifest {
  const where = `the "speechTokens" field in package.json of ${packageName}`;
  if (!isRecord(value)) throw invalid(packageName, where, describe(value), 'an object');
  checkSpecificationVersion(packageName, where, value.specificationVersion);
  const entry = value.entry;
  if (entry !== undefined && !(typeof entry === 'string' && (entry === '.' || entry.startsWith('./')))) {
    throw invalid(packageName, `"entry" of ${where}`, describe(entry), 'an export of the package: "." or "./name"');
  }
  const provides = value.provides;
  if (!Array.isArray(provides) || provides.length === 0) {
    throw invalid(packageName, `"provides" of ${where}`, describe(provides), 'a list with at least one component');
  }
  const seen = new Set<string>();
  for (const [index, item] of provides.entries()) {
    const itemWhere = `"provides[${index}]" of ${where}`;
    if (!isRecord(item)) throw invalid(packageName, itemWhere, describe(item), 'an object');
    const { kind, id } = checkIdentity(packageName, itemWhere, item);
    const key = `${kind} ${id}`;
    if (seen.has(key)) throw invalid(packageName, itemWhere, `${key} a second time`, 'each kind and id once');
    seen.add(key);
  }
  return value as unknown as PluginManifest;
}

/** @throws SpeechTokensError `plugin-version-unsupported` or `plugin-invalid`, which says which side to upgrade */
export function checkSpecificationVersion(packageName: string, where: string, version: unknown): void {
  if (version === supportedVersion) return;
  const number = typeof version === 'string' ? /^v(\d{1,6})$/.exec(version)?.[1] : undefined;
  if (number === undefined) {
    throw invalid(packageName, `"specificationVersion" of ${where}`, describe(version), `"${supportedVersion}"`);
  }
  const isNewer = Number(number) > 1;
  throw new SpeechTokensError('plugin-version-unsupported', {
    problem: `The plugin ${packageName} is of a version of the contract that this program does not support`,
    found: String(version),
    wanted: supportedVersion,
    remedy: isNewer
      ? 'Upgrade @speech-tokens/core and the program that uses it: the plugin is newer than they are'
      : `Upgrade ${packageName}: it is older than what @speech-tokens/core still supports`,
    details: { packageName, foundVersion: String(version) },
  });
}

/** Checks what a component and its line in the manifest have in common. */
export function checkIdentity(
  packageName: string,
  where: string,
  item: { readonly [field: string]: unknown },
): { readonly kind: Component['kind']; readonly id: string } {
  const { kind, id, title } = item;
  if (!componentKinds.includes(kind as Component['kind'])) {
    const wanted = componentKinds.map((known) => `"${known}"`).join(', ');
    throw invalid(packageName, `"kind" of ${where}`, describe(kind), `one of ${wanted}`);
  }
  if (typeof id !== 'string' || !/^[^\s:]+:\S+$/.test(id)) {
    throw invalid(packageName, `"id" of ${where}`, describe(id), 'a text of the form "family:name" without spaces');
  }
  if (typeof title !== 'string' || title.trim() === '') {
    throw invalid(packageName, `"title" of ${where}`, describe(title), 'a few words for people');
  }
  return { kind: kind as Component['kind'], id };
}

/** The error for a plugin that is not as the contract wants it. */
export function invalid(
  packageName: string,
  where: string,
  found: string,
  wanted: string,
  cause?: unknown,
): SpeechTokensError<'plugin-invalid'> {
  return new SpeechTokensError('plugin-invalid', {
    problem: `The plugin ${packageName} is broken in ${where}`,
    found,
    wanted,
    remedy: `Upgrade ${packageName}, or tell its authors; \`speech-tokens check\` says all that is wrong with a plugin`,
    details: { packageName },
    cause,
  });
}

/** A value in a few words, for an error message. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
