import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav } from '@speech-tokens/audio-files';
import { gridFromJson } from '@speech-tokens/core';
import axe from 'axe-core';
import type { FrameLocator, Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { tone } from './long-files.ts';
import { packageMemoryFiles } from './memory-files.ts';
import { installPlugin } from './plugin-fixture.ts';
import { canvases, describeInWorkbench, quality, recordings, until } from './suite.ts';
import { writeTokenFileOf } from './token-file.ts';
import { editorOf, frameOf, openAsTokens, type Workbench } from './workbench.ts';

// The extension as it is published, in a real VS Code workbench.

const fixtures = fileURLToPath(new URL('../../../audio-files/test/fixtures', import.meta.url));
const formats = [
  'mono-16k.mp3',
  'stereo-44k.ogg',
  'stereo.opus',
  'mono-16k-flac.ogg',
  'stereo-48k-24-bit.flac',
  'float.wav',
];

async function prepare(folder: string): Promise<void> {
  await copyFile(join(recordings, 'french-goodbye.wav'), join(folder, 'goodbye.wav'));
  await copyFile(join(recordings, 'sense-and-sensibility-2.flac'), join(folder, 'novel.flac'));
  await writeTokenFileOf(join(folder, 'goodbye.wav'), join(folder, 'goodbye.tokens.safetensors'));
  await installPlugin(folder);
  for (const file of formats.slice(0, 5)) await copyFile(join(fixtures, file), join(folder, file));
  const float = encodeWav({ sampleRateHz: 44_100, channels: [tone(44_100), tone(44_100)] }, 'float32');
  await writeFile(join(folder, 'float.wav'), float);
}

describeInWorkbench('in a workbench', undefined, prepare, (suite) => {
  let page: Page;
  let violations: string[];

  async function opened(file: string, where?: Workbench, folder?: string): Promise<FrameLocator> {
    page = await suite.open(where ?? (await suite.shared()), folder);
    violations = [];
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text());
    });
    return openAsTokens(page, file);
  }

  const control = (editor: FrameLocator, label: string) => editor.getByRole('combobox', { name: label, exact: true });

  test('a recording shows waveform, spectrogram, lanes and statistics', async () => {
    const editor = await opened('goodbye.wav');
    await quality(editor).waitFor();
    expect(await canvases(editor)).toBe(3 + 8);
    expect(
      await editor.getByRole('table', { name: 'Statistics of rvq:speech-16khz' }).locator('tbody tr').count(),
    ).toBe(8);
    expect(await editor.getByRole('alert').count()).toBe(0);
    const first = editor.locator('.token-view-track[tabindex="0"]');
    await first.focus();
    await page.keyboard.press('ArrowRight');
    await until(() => editor.locator('.token-view-status').textContent()).toMatch(
      /codebook-0: id \d+ of 1024, token 0,/,
    );
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await until(() => editor.getByLabel('Playhead').textContent()).toBe('0.02 s');
  });

  test('playing moves the playhead, and changing the sound does not stop it', async () => {
    const editor = await opened('goodbye.wav');
    await quality(editor).waitFor();
    await editor.getByRole('checkbox', { name: 'Loop the selection' }).focus();
    await control(editor, 'Speed').selectOption('0.5×');
    await editor.getByRole('button', { name: 'Play', exact: true }).click();
    const clock = editor.getByLabel('Playhead');
    await until(() => clock.textContent()).not.toBe('0.00 s');
    await page.keyboard.press('d');
    expect(await control(editor, 'Sound').inputValue()).toBe('rvq:speech-16khz');
    await editor.getByRole('button', { name: 'Pause' }).click();
    await editor.getByRole('button', { name: 'Play', exact: true }).waitFor();
    expect(await clock.textContent()).not.toBe('0.00 s');
  });

  test('fewer codebooks are further from the recording', async () => {
    const editor = await opened('goodbye.wav');
    const siSdr = async (): Promise<number> =>
      Number.parseFloat((await quality(editor).textContent())!.split(': ')[1]!);
    await quality(editor).waitFor();
    const all = await siSdr();
    await control(editor, 'Sound').selectOption('rvq:speech-16khz');
    await control(editor, 'Codebooks').selectOption('1');
    await until(siSdr).toBeLessThan(all);
  });

  test('other formats, and what is set stays when the editor was hidden', async () => {
    const editor = await opened('novel.flac');
    await quality(editor).waitFor();
    await control(editor, 'Frequencies').selectOption('linear');
    await openAsTokens(page, 'goodbye.tokens.safetensors');
    await editorOf(page).getByText('tokens of rvq:speech-16khz').waitFor();
    await page.getByRole('tab', { name: /novel\.flac/ }).click();
    await editorOf(page).getByRole('heading', { name: 'novel.flac' }).waitFor();
    expect(await control(editorOf(page), 'Frequencies').inputValue()).toBe('linear');
  });

  test('every format is opened, also with several channels', async () => {
    page = await suite.open(await suite.shared());
    for (const file of formats) {
      const editor = await openAsTokens(page, file);
      await editor.getByRole('heading', { name: file }).waitFor();
      await until(() => canvases(editor)).toBe(3 + 8);
      expect(await editor.getByRole('alert').count()).toBe(0);
    }
  });

  test('a token file shows its lanes and can be heard', async () => {
    const editor = await opened('goodbye.tokens.safetensors');
    const play = editor.getByRole('button', { name: 'Play', exact: true });
    await until(() => play.isEnabled()).toBe(true);
    expect(await canvases(editor)).toBe(1 + 8);
    await play.click();
    await until(() => editor.getByLabel('Playhead').textContent()).not.toBe('0.00 s');
  });

  test('tokens are exported, and copied', async () => {
    const editor = await opened('goodbye.wav');
    await quality(editor).waitFor();
    await editor.getByRole('button', { name: 'Export all' }).click();
    await page.locator('.quick-input-widget input').waitFor();
    await page.keyboard.press('Enter');
    await editor.getByText(/^Saved goodbye\.0-\d+ms\.json\.$/).waitFor();
    const saved = (await editor.getByText(/^Saved /).textContent())!.slice('Saved '.length, -1);
    const grid = gridFromJson(await readFile(join(suite.folder, saved), 'utf8'));
    expect(grid.tracks).toHaveLength(8);
    // The same can be pasted.
    const copy = editor.getByRole('button', { name: 'Copy', exact: true });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await copy.click();
    await editor.getByText('Copied as JSON.').waitFor();
    await page.keyboard.press('F1');
    const pasted = page.locator('.quick-input-widget input').first();
    await pasted.waitFor();
    await page.keyboard.press('ControlOrMeta+v');
    await until(() => pasted.inputValue()).toContain(grid.tokenSpace.id);
    await page.keyboard.press('Escape');
    await control(editor, 'as').selectOption('npy');
    expect(await copy.isDisabled()).toBe(true);
  });

  test('a broken file says what is wrong, and is read again when it is mended', async () => {
    await writeFile(join(suite.folder, 'broken.wav'), 'RIFF, and then nothing of the kind');
    const editor = await opened('broken.wav');
    const alert = editor.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/broken\.wav: /);
    await copyFile(join(recordings, 'french-goodbye.wav'), join(suite.folder, 'broken.wav'));
    await quality(editor).waitFor();
    expect(await alert.count()).toBe(0);
  });

  test('when the inference process is killed, the editor says so and goes on', async () => {
    const editor = await opened('goodbye.wav');
    await quality(editor).waitFor();
    for (const pid of await (await suite.shared()).inferencePids()) process.kill(pid, 'SIGKILL');
    const alert = editor.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('The inference process ended (signal SIGKILL)');
    await alert.getByRole('button', { name: 'Go on' }).click();
    const before = await quality(editor).textContent();
    await control(editor, 'Sound').selectOption('rvq:speech-16khz');
    await control(editor, 'Codebooks').selectOption('2');
    await until(() => quality(editor).textContent()).not.toBe(before);
    expect(await editor.getByRole('alert').count()).toBe(0);
  });

  test('a codec package of the workspace runs after somebody has agreed, and four tokenizers stand side by side', async () => {
    const editor = await opened('goodbye.wav');
    await quality(editor).waitFor();
    await editor.getByText(/^Tokenizers: /).click();
    await editor.getByRole('checkbox', { name: /^count:up/ }).check();
    await page.getByRole('button', { name: 'Run Its Code' }).click();
    await until(() => canvases(editor)).toBe(3 + 8 + 1);
    expect(await editor.getByText(/^No sound of these tokens: No detokenizer here reads/).count()).toBe(1);
    for (const [i, id] of ['count:on', 'count:further'].entries()) {
      await editor.getByRole('checkbox', { name: new RegExp(`^${id}`) }).check();
      await until(() => canvases(editor)).toBe(3 + 8 + 2 + i);
    }
    expect(await editor.getByRole('checkbox', { name: /^count:in-vain/ }).isDisabled()).toBe(true);
    await editor.getByRole('checkbox', { name: /^rvq:speech-16khz/ }).uncheck();
    await until(() => canvases(editor)).toBe(3 + 3);
  });

  test('in Restricted Mode the bundled tokenizers run, and no others are offered', async () => {
    const editor = await opened('goodbye.wav', await suite.start({ isTrusted: false }));
    await quality(editor).waitFor();
    await editor.getByText(/^Tokenizers: /).click();
    await editor.getByText('The workspace is not trusted').waitFor();
    expect(await editor.getByRole('checkbox', { name: /^rvq:speech-16khz/ }).isChecked()).toBe(true);
    expect(await editor.getByRole('checkbox', { name: /^count:up/ }).count()).toBe(0);
  });

  test('a virtual workspace has its bytes brought to the process', async () => {
    const bytes = new Uint8Array(await readFile(join(recordings, 'french-goodbye.wav')));
    const scratch = await mkdtemp(join(tmpdir(), 'memory-files-'));
    onTestFinished(() => rm(scratch, { recursive: true, force: true }));
    const memory = await packageMemoryFiles(scratch, { 'far.wav': bytes, 'far-broken.flac': bytes.subarray(0, 20) });
    const editor = await opened('far.wav', await suite.start({ vsix: [memory] }), 'memory:/');
    await quality(editor).waitFor();
    expect(await canvases(editor)).toBe(3 + 8);
  });

  test('an accessibility checker finds nothing serious, and the policy of the page holds', async () => {
    const editor = await opened('goodbye.wav');
    await quality(editor).waitFor();
    await editor.getByText('Tokens in view as a table').click();
    await editor.getByText(/^Tokenizers: /).click();
    const frame = await frameOf(editor);
    await frame.evaluate(axe.source);
    const serious = await frame.evaluate(async () => {
      const { violations: found } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
      return found
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => {
          return `${id}: ${nodes.map(({ html }) => html).join(' ')}`;
        });
    });
    expect(serious).toEqual([]);
    expect(violations).toEqual([]);
  });
});
