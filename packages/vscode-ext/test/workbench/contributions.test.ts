import { copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAudioClip } from '@speech-tokens/audio-files';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { startLocalHub } from '../local-hub.ts';
import { encodeAiff } from './aiff.ts';
import { canvases, describeInWorkbench, quality, recordings, runCommand, until } from './suite.ts';
import { chooseEntry, editorOf, openAsTokens } from './workbench.ts';

// What the extension adds to the workbench, beside the page of its editor.

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const example = here('../../../../examples/plugin-example');
const golden = here('../../../codec-rvq/test/golden/encodec-24khz');
const encodec = 'rvq:encodec-24khz';

/** A workspace with a recording, and with the repository's example of a plugin as a dependency, as pnpm installs one. */
async function prepare(folder: string): Promise<void> {
  await copyFile(join(recordings, 'french-goodbye.wav'), join(folder, 'goodbye.wav'));
  const { channels, sampleRateHz } = await readAudioClip(join(folder, 'goodbye.wav'));
  await writeFile(join(folder, 'goodbye.aiff'), encodeAiff(channels[0]!, sampleRateHz));
  const name = 'speech-tokens-plugin-example';
  await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies: { [name]: '*' } }));
  await mkdir(join(folder, 'node_modules'));
  await stat(join(example, 'dist/index.js')).catch(() => {
    throw new Error('The example of a plugin is not built: pnpm build');
  });
  await symlink(example, join(folder, 'node_modules', name));
}

const picker = (page: Page) => editorOf(page).getByText(/^Tokenizers: /);
const statusBar = (page: Page) => page.locator('.statusbar-item', { hasText: /tokens\/s/i });
const treeRow = (page: Page, id: string) => page.locator('.pane-body .monaco-list-row', { hasText: id });

describeInWorkbench('contributions to a workbench', undefined, prepare, (suite) => {
  test('the plugin of the examples gives lanes and sound after somebody has agreed', async () => {
    const page = await suite.open(await suite.shared());
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await picker(page).click();
    await editor.getByRole('checkbox', { name: /^bands:mel-16/ }).check();
    await page.getByRole('button', { name: 'Run Its Code' }).click();
    await until(() => canvases(editor)).toBe(3 + 8 + 16);
    await until(() => editor.getByText(/^SI-SDR: /).count()).toBe(2);
  });

  test('a window that is loaded again has the editor as it was', async () => {
    const page = await suite.open(await suite.shared());
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await editor.getByRole('combobox', { name: 'Frequencies', exact: true }).selectOption('linear');
    await picker(page).click();
    await editor.getByRole('checkbox', { name: /^ssl:units-50hz-k100:/ }).check();
    await until(() => canvases(editor)).toBe(3 + 8 + 1);
    // The command writes what the workbench keeps, where the browser's own reload loses the last minute.
    await Promise.all([page.waitForEvent('load'), runCommand(page, 'Developer: Reload Window')]);
    const again = editorOf(page);
    await until(() => canvases(again)).toBe(3 + 8 + 1);
    expect(await again.getByRole('combobox', { name: 'Frequencies', exact: true }).inputValue()).toBe('linear');
  });

  test('where trust is granted while an editor is open, the tokenizers of the workspace appear', async () => {
    const page = await suite.open(await suite.start({ isTrusted: false }));
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await picker(page).click();
    const theirs = editor.getByRole('checkbox', { name: /^bands:mel-16/ });
    expect(await theirs.count()).toBe(0);
    await runCommand(page, 'Workspaces: Manage Workspace Trust');
    await page.getByRole('button', { name: 'Trust', exact: true }).click();
    await page.getByText('You trust this folder').waitFor();
    await page.keyboard.press('Escape');
    await theirs.waitFor();
  });

  test('a model is downloaded after somebody has seen size, licence and source', async () => {
    const { hub, env } = await localHub();
    const page = await suite.open(await suite.start({ env }));
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await picker(page).click();
    const box = editor.getByRole('checkbox', { name: new RegExp(`^${encodec}`) });
    await box.waitFor();
    expect(hub.requests).toEqual([]);
    await box.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const text = await dialog.textContent();
    for (const part of [encodec, '173 kB', 'licence not stated (code: MIT)', `${hub.address}/facebook/encodec_24khz`]) {
      expect(text).toContain(part);
    }
    await page.getByRole('button', { name: 'Cancel' }).click();
    await until(() => editor.locator('.task').count()).toBe(0);
    expect(await box.isChecked()).toBe(false);
    expect(hub.requests.filter((request) => request.startsWith('GET'))).toEqual([]);

    await box.click();
    await page.getByRole('button', { name: 'Download' }).click();
    // The hub stops in the middle.
    await editor.getByText(/^model\.safetensors: [1-9]\d? %$/).waitFor();
    await editor.getByRole('button', { name: 'Cancel' }).click();
    await editor.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Download' }).click();
    await until(() => box.isChecked()).toBe(true);
    expect(hub.requests.filter((request) => / bytes=\d+-$/.test(request))).not.toEqual([]);
    await until(() => editor.getByText(/^SI-SDR: /).count()).toBe(2);
  });

  test('without a network the editor says so', async () => {
    const { env } = await localHub();
    const page = await suite.open(await suite.start({ env: { ...env, SPEECH_TOKENS_OFFLINE: '1' } }));
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await picker(page).click();
    await editor.getByRole('checkbox', { name: new RegExp(`^${encodec}`) }).click();
    expect(await editor.getByRole('alert').textContent()).toContain('the network is not to be used');
  });

  test('the view of tokenizers fetches a model and removes it', async () => {
    const { env } = await localHub();
    const page = await suite.open(await suite.start({ env }));
    await page.getByRole('button', { name: 'Speech Tokens Section' }).click();
    // So that there is room for all of them.
    await page.locator('.pane-header', { hasText: 'recordings' }).click();
    const row = treeRow(page, encodec);
    await until(() => row.textContent()).toContain('could be fetched');
    expect(await treeRow(page, 'rvq:speech-16khz').textContent()).toMatch(/bundled, 11\.\d MB · licence Apache-2\.0/);
    const act = async (entry: string): Promise<void> => {
      await row.click({ button: 'right' });
      await chooseEntry(page, entry);
    };
    await act('Download the Model …');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    // The hub stops in the middle.
    await page.locator('.notification-list-item').getByRole('button', { name: 'Cancel' }).click();
    await act('Download the Model …');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await until(() => row.textContent()).toContain('on this machine, 174 kB');
    await act('Remove the Model …');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await until(() => row.textContent()).toContain('could be fetched');
  });

  test('folders of the settings count at once', async () => {
    const page = await suite.open(await suite.shared());
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await picker(page).click();
    const settings = join(suite.folder, '.vscode');
    onTestFinished(() => rm(settings, { recursive: true }));
    await mkdir(settings);
    const ours = { 'speechTokens.checkpoints': { [encodec]: golden } };
    await writeFile(join(settings, 'settings.json'), JSON.stringify(ours));
    await editor.getByText(`(from ${golden})`).waitFor();
    await editor.getByRole('checkbox', { name: new RegExp(`^${encodec}`) }).check();
    await until(() => editor.getByText(/^SI-SDR: /).count()).toBe(2);
  });

  test('the status bar says what is shown, and leads to the statistics', async () => {
    const page = await suite.open(await suite.shared());
    const editor = await openAsTokens(page, 'goodbye.wav');
    await until(() => statusBar(page).textContent()).toContain('rvq:speech-16khz · 400 tokens/s · 4.00 kbit/s');
    await statusBar(page).click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Show the statistics' }).click();
    await until(() =>
      editor.getByRole('region', { name: /^Statistics of/ }).evaluate((region) => region.matches(':focus')),
    ).toBe(true);
    await page
      .getByRole('tab', { name: 'goodbye.wav' })
      .getByRole('button', { name: /^Close/ })
      .click();
    await until(() => statusBar(page).count()).toBe(0);
  });

  test('steps of the walkthrough are done by doing them', async () => {
    const page = await suite.open(await suite.shared());
    await runCommand(page, 'Welcome: Open Walkthrough...');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Speech as tokens' }).click();
    const done = (title: string) =>
      page.locator('.getting-started-step', { hasText: title }).locator('.codicon.complete').count();
    await page.locator('.getting-started-step', { hasText: 'See a recording as tokens' }).waitFor();
    expect(await done('See a recording as tokens')).toBe(0);
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    await page.getByRole('tab', { name: /^(Welcome|Walkthrough)/ }).click();
    await until(() => done('See a recording as tokens')).toBe(1);
    expect(await done('Hear what the tokens say')).toBe(0);
  });

  test('everything is German where the workbench is', async () => {
    const page = await suite.open(await suite.start({ language: 'de' }));
    const editor = await openAsTokens(page, 'goodbye.wav', 'Als Sprach-Tokens öffnen');
    await quality(editor).waitFor();
    expect(await editor.locator('html').getAttribute('lang')).toBe('de');
    expect(await editor.getByRole('button', { name: 'Abspielen' }).count()).toBe(1);
    // Of the process.
    expect(await editor.getByRole('columnheader', { name: 'benutzte Codes' }).count()).toBe(1);
    await until(() => statusBar(page).textContent()).toContain('400 Tokens/s');
  });

  test('AIFF is opened, and sound is saved as WAV', async () => {
    const page = await suite.open(await suite.shared());
    const editor = await openAsTokens(page, 'goodbye.aiff');
    await quality(editor).waitFor();
    expect(await canvases(editor)).toBe(3 + 8);
    await editor.getByRole('combobox', { name: 'as', exact: true }).selectOption('wav');
    await editor.getByRole('button', { name: 'Export all' }).click();
    await page.locator('.quick-input-widget input').waitFor();
    await page.keyboard.press('Enter');
    await editor.getByText(/^Saved goodbye\.0-\d+ms\.wav\.$/).waitFor();
    const saved = (await editor.getByText(/^Saved /).textContent())!.slice('Saved '.length, -1);
    const [clip, original] = await Promise.all(
      [saved, 'goodbye.wav'].map((name) => readAudioClip(join(suite.folder, name))),
    );
    expect(clip).toEqual(original);
  });
});

/** A hub with a small checkpoint whose weights stop in the middle the first time, and the variables that lead to it. */
async function localHub() {
  const names = ['config.json', 'model.safetensors'];
  const files = await Promise.all(names.map(async (name) => [name, await readFile(join(golden, name))] as const));
  const hub = await startLocalHub('facebook/encodec_24khz', Object.fromEntries(files), 'model.safetensors');
  const home = await mkdtemp(join(tmpdir(), 'hub-'));
  onTestFinished(async () => {
    await hub.close();
    await rm(home, { recursive: true, force: true });
  });
  const [cache, huggingFace] = ['cache', 'hf'].map((name) => join(home, name)) as [string, string];
  const env = { HF_ENDPOINT: hub.address, HF_HOME: huggingFace, SPEECH_TOKENS_CACHE: cache };
  return { hub, env: { ...env, SPEECH_TOKENS_OFFLINE: '0', HF_HUB_OFFLINE: '0' } };
}
