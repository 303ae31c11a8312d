import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { frequencyScales, keyHelp } from '@speech-tokens/token-view';
import { afterEach, expect, test } from 'vitest';
import { setTexts, t } from './index.ts';

const root = new URL('../../', import.meta.url);
const json = async (path: string): Promise<Readonly<Record<string, string>>> =>
  JSON.parse(await readFile(new URL(path, root), 'utf8'));
const placeholders = (text: string): readonly string[] => [...new Set(text.match(/\{\d\}/g))].sort();

/** The first argument of each call of `t` in the sources. */
async function textsInSources(): Promise<ReadonlySet<string>> {
  const source = fileURLToPath(new URL('src/', root));
  const found = new Set<string>();
  for (const path of await readdir(source, { recursive: true })) {
    if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
    const code = await readFile(new URL(`src/${path}`, root), 'utf8');
    for (const [, text] of code.matchAll(/(?<![\w.])t\(\s*'((?:[^'\\]|\\.)*)'/g)) found.add(text!);
  }
  return found;
}

afterEach(() => setTexts(undefined));

test('texts are in the language of the user, with what comes into them', () => {
  setTexts({ '{0} of {1}': '{1} davon {0}' });
  expect(t('{0} of {1}', 2, 'a {0}')).toBe('a {0} davon 2');
  expect(t('not translated: {0}', 'x')).toBe('not translated: x');
});

test('German has every text of the sources, and no other', async () => {
  const german = await json('l10n/bundle.l10n.de.json');
  const wanted = new Set([...(await textsInSources()), ...keyHelp.map(([, does]) => does), ...frequencyScales]);
  expect(Object.keys(german).sort()).toEqual([...wanted].sort());
  for (const [english, text] of Object.entries(german)) expect(placeholders(text)).toEqual(placeholders(english));
});

test('German has every text of the manifest, and no other', async () => {
  const [english, german] = [await json('package.nls.json'), await json('package.nls.de.json')];
  const manifest = await readFile(new URL('package.json', root), 'utf8');
  const used = [...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key!);
  expect(Object.keys(english).sort()).toEqual([...new Set(used)].sort());
  expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
  for (const key of used)
    expect(german[key]!.match(/\(command:[^)]*\)/g)).toEqual(english[key]!.match(/\(command:[^)]*\)/g));
});
