import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { oldestWorkbench } from './install.ts';
import { canvases, describeInWorkbench, quality, recordings, until } from './suite.ts';
import { openAsTokens } from './workbench.ts';

// A few things in the oldest VS Code that the extension supports.

const prepare = (folder: string) => copyFile(join(recordings, 'french-goodbye.wav'), join(folder, 'goodbye.wav'));

describeInWorkbench('in the oldest workbench', oldestWorkbench, prepare, (suite) => {
  test('a recording is tokenized, decoded and played', async () => {
    const page = await suite.open(await suite.start());
    const editor = await openAsTokens(page, 'goodbye.wav');
    await quality(editor).waitFor();
    expect(await canvases(editor)).toBe(3 + 8);
    expect(await editor.getByRole('alert').count()).toBe(0);
    await editor.getByRole('button', { name: 'Play', exact: true }).click();
    await until(() => editor.getByLabel('Playhead').textContent()).not.toBe('0.00 s');
    const status = page.locator('.statusbar-item', { hasText: 'rvq:speech-16khz' });
    expect(await status.textContent()).toContain('400 tokens/s');
  });
});
