import type { PluginManifest, SpeechPluginV1 } from '../../contract/speech-plugin.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import type { TokenSpace } from '../../tokens/token-space.ts';
import { validateTokenSpace } from '../../tokens/validate-token-space.ts';
import { isRecord } from '../is-record.ts';
import { checkIdentity, checkSpecificationVersion, describe, invalid } from './plugin-manifest.ts';

/**
 * Checks that a default export is a plugin, field by field, and that it provides what its manifest says.
 * @throws SpeechTokensError `plugin-invalid` or `plugin-version-unsupported`
 */
export function checkPlugin(packageName: string, value: unknown, manifest: PluginManifest): SpeechPluginV1 {
  // A class instance or a module object may be a plugin: only its fields count.
  if (!isRecord(value)) throw invalid(packageName, 'its default export', describe(value), 'a SpeechPluginV1 object');
  checkSpecificationVersion(packageName, 'its default export', value.specificationVersion);
  const components = value.components;
  if (!Array.isArray(components)) {
    throw invalid(packageName, '"components" of its default export', describe(components), 'a list of components');
  }
  const found = new Set<string>();
  for (const [index, component] of components.entries()) {
    const where = `"components[${index}]"`;
    if (!isRecord(component)) throw invalid(packageName, where, describe(component), 'an object');
    const { kind, id } = checkIdentity(packageName, where, component);
    const key = `${kind} ${id}`;
    if (found.has(key)) throw invalid(packageName, where, `${key} a second time`, 'each kind and id once');
    found.add(key);
    checkComponent(packageName, `"components[${index}]" (${key})`, component);
  }
  const declared = new Set(manifest.provides.map(({ kind, id }) => `${kind} ${id}`));
  const undeclared = [...found].filter((key) => !declared.has(key));
  const missing = [...declared].filter((key) => !found.has(key));
  if (undeclared.length > 0 || missing.length > 0) {
    throw invalid(
      packageName,
      'its manifest, which does not agree with its components',
      [
        missing.length > 0 && `no component for ${missing.join(', ')}`,
        undeclared.length > 0 && `${undeclared.join(', ')} not in "provides" of package.json`,
      ]
        .filter(Boolean)
        .join(' and '),
      'the same kinds and ids in both',
    );
  }
  return value as unknown as SpeechPluginV1;
}

function checkComponent(packageName: string, where: string, component: { readonly [field: string]: unknown }): void {
  const { kind, load, models, tokenSpace, latencySamples } = component;
  if (typeof load !== 'function') throw invalid(packageName, `"load" of ${where}`, describe(load), 'a function');
  if (!Array.isArray(models)) {
    throw invalid(packageName, `"models" of ${where}`, describe(models), 'a list of model files');
  }
  const names = new Set<string>();
  for (const [index, model] of models.entries()) {
    const modelWhere = `"models[${index}]" of ${where}`;
    checkModelFile(packageName, modelWhere, model);
    const { name } = model as { name: string };
    if (names.has(name)) throw invalid(packageName, modelWhere, `the name "${name}" a second time`, 'each name once');
    names.add(name);
  }
  if (kind === 'language-model') return;
  checkTokenSpace(packageName, `"tokenSpace" of ${where}`, tokenSpace);
  if (latencySamples !== undefined && !isWhole(latencySamples, 0)) {
    const wanted = 'samples as a whole number, or nothing where it does not stream';
    throw invalid(packageName, `"latencySamples" of ${where}`, describe(latencySamples), wanted);
  }
}

function checkTokenSpace(packageName: string, where: string, space: unknown): void {
  if (!isRecord(space)) throw invalid(packageName, where, describe(space), 'a token space');
  try {
    validateTokenSpace(space as unknown as TokenSpace);
  } catch (cause) {
    if (!isSpeechTokensError(cause)) throw cause;
    throw invalid(packageName, where, cause.message.replace(/\.$/, ''), 'a valid token space', cause);
  }
}

const sourceFields: { readonly [type: string]: readonly string[] } = {
  bundled: ['url'],
  path: ['path'],
  hub: ['repository', 'revision', 'file'],
  https: ['url'],
};

function checkModelFile(packageName: string, where: string, model: unknown): void {
  if (!isRecord(model)) throw invalid(packageName, where, describe(model), 'a model file');
  const { name, checkpointNames, source, sha256, sizeBytes, licence } = model;
  if (typeof name !== 'string' || name === '') {
    throw invalid(packageName, `"name" of ${where}`, describe(name), 'a file name');
  }
  if (checkpointNames !== undefined && !isListOfTexts(checkpointNames)) {
    throw invalid(packageName, `"checkpointNames" of ${where}`, describe(checkpointNames), 'a list of file names');
  }
  if (typeof licence !== 'string' || licence === '') {
    throw invalid(packageName, `"licence" of ${where}`, describe(licence), 'the licence of the weights');
  }
  if (!isRecord(source) || typeof source.type !== 'string' || !Object.hasOwn(sourceFields, source.type)) {
    const found = isRecord(source) ? `type ${describe(source.type)}` : describe(source);
    throw invalid(
      packageName,
      `"source" of ${where}`,
      found,
      `a source of type ${Object.keys(sourceFields).join(', ')}`,
    );
  }
  for (const field of sourceFields[source.type] ?? []) {
    const text = source[field];
    if (typeof text !== 'string' || text === '') {
      throw invalid(packageName, `"source.${field}" of ${where}`, describe(text), 'a text');
    }
  }
  if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256))) {
    throw invalid(packageName, `"sha256" of ${where}`, describe(sha256), '64 lower-case hexadecimal digits');
  }
  if (sizeBytes !== undefined && !isWhole(sizeBytes, 0)) {
    throw invalid(packageName, `"sizeBytes" of ${where}`, describe(sizeBytes), 'bytes as a whole number');
  }
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string' && text !== '');
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
