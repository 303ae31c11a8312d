import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Has a server that is started with `--locale` speak a language: what an installed language pack leaves behind, with no
 * texts of its own, so that what is not an extension's stays English.
 */
export async function writeLanguagePack(userData: string, language: string): Promise<void> {
  const translations = join(userData, 'no-translations.json');
  await writeFile(translations, JSON.stringify({ version: '1.0.0', contents: {} }));
  const extensions = [{ extensionIdentifier: { id: 'test.language-pack' }, version: '1.0.0' }];
  const pack = { hash: '0'.repeat(32), label: language, extensions, translations: { vscode: translations } };
  await writeFile(join(userData, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}
