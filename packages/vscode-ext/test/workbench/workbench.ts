import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Frame, type FrameLocator, type Page } from 'playwright-core';
import type { Installed } from './install.ts';
import { writeLanguagePack } from './language-pack.ts';

export interface Workbench {
  /** Opens a folder, by its path or its URI, in a page of its own. */
  open(folder: string): Promise<Page>;
  /** Path of the user's settings. */
  readonly settingsFile: string;
  /** Its processes, with their command lines. */
  processes(): Promise<readonly { readonly pid: number; readonly command: readonly string[] }[]>;
  /** Ids of the processes of the extension. */
  inferencePids(): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  readonly installed: Installed;
  /** Paths of the extensions. */
  readonly vsix: readonly string[];
  readonly browser: Browser;
  /** Whether every folder is trusted. Otherwise none is, and nobody is asked. */
  readonly isTrusted: boolean;
  /** The name of its colour theme; that of VS Code where absent. */
  readonly theme?: string;
  /** Variables for the server and all that it starts. */
  readonly env?: Readonly<Record<string, string>>;
  /** English where absent. */
  readonly language?: string;
}

/** Of whatever a page waits for: long enough for a machine that has other work. */
export const patienceMs = 120_000;

const settings = {
  // Tips of files lie over the next one, which is then not clicked.
  'workbench.hover.delay': 60_000,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'workbench.enableExperiments': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.untrustedFiles': 'open',
  'files.simpleDialog.enable': true,
  'workbench.editor.enablePreview': false,
};

export function launchChromium(executablePath: string): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath, args });
}

/** A server with the extension and a profile of its own. */
export async function startWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { installed, vsix, browser, isTrusted, theme, language } = options;
  const home = await mkdtemp(join(tmpdir(), 'workbench-'));
  const [userData, extensions, config] = ['ud', 'exts', 'config.yaml'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(join(userData, 'User'), { recursive: true });
  const settingsFile = join(userData, 'User/settings.json');
  const all = { ...settings, ...(theme === undefined ? {} : { 'workbench.colorTheme': theme }) };
  await writeFile(settingsFile, JSON.stringify(all));
  await writeFile(config, '');
  if (language !== undefined) await writeLanguagePack(userData, language);
  const folders = ['--user-data-dir', userData, '--extensions-dir', extensions, '--config', config];
  const env = { ...process.env, EXTENSIONS_GALLERY: '{}', ...options.env };
  const { node, entry } = installed;
  const install = vsix.flatMap((path) => ['--install-extension', path]);
  await promisify(execFile)(node, [entry, ...folders, ...install], { env });
  const port = await freePort();
  const server = spawn(
    node,
    [
      entry,
      '--auth',
      'none',
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-proxy',
      '--disable-file-downloads',
      ...(isTrusted ? ['--disable-workspace-trust'] : []),
      ...(language === undefined ? [] : ['--locale', language]),
      ...folders,
    ],
    { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await listening(server);
  const processes: Workbench['processes'] = async () => {
    const found: { readonly pid: number; readonly command: readonly string[] }[] = [];
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const [command, stat] = await Promise.all(
        ['cmdline', 'stat'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
      );
      // Behind the name, which may hold anything: state, parent, group.
      const group = Number(stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')[2]);
      if (group === server.pid) found.push({ pid: Number(name), command: command!.split('\0').slice(0, -1) });
    }
    return found;
  };
  return {
    settingsFile,
    async open(folder) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } });
      context.setDefaultTimeout(patienceMs);
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`, { timeout: 120_000 });
      await page.locator('.explorer-folders-view').waitFor({ timeout: 120_000 });
      return page;
    },
    processes,
    async inferencePids() {
      const ours = (await processes()).filter(({ command }) =>
        command.some((part) => part.endsWith('dist/inference/child.js')),
      );
      return ours.map(({ pid }) => pid);
    },
    async close() {
      // Its extension host outlives the server: the whole group goes.
      if (server.exitCode === null) process.kill(-server.pid!, 'SIGKILL');
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Opens a file from the explorer's menu.
 * @param title of the entry
 * @param onChoice is told when the entry is chosen
 * @returns the page of its editor
 */
export async function openAsTokens(
  page: Page,
  name: string,
  title: string = 'Open as Speech Tokens',
  onChoice = (): void => {},
): Promise<FrameLocator> {
  const item = page.locator('.explorer-folders-view .monaco-list-row', { hasText: name });
  await item.waitFor();
  const entry = page.getByRole('menuitem', { name: title });
  // The menu has the entry as soon as the extension is registered, a few seconds after the folder is shown.
  for (let attempt = 0; ; attempt++) {
    await item.click({ button: 'right' });
    await page.locator('.monaco-menu').waitFor();
    if ((await entry.count()) > 0) break;
    if (attempt === 60) throw new Error('The explorer’s menu has no entry of the extension');
    await page.keyboard.press('Escape');
    await page.waitForTimeout(500);
  }
  await chooseEntry(page, title, onChoice);
  return editorOf(page);
}

/** Clicks an entry of a menu until the menu is gone: one that has just opened takes no click. */
export async function chooseEntry(page: Page, title: string, onChoice = (): void => {}): Promise<void> {
  const entry = page.getByRole('menuitem', { name: title });
  await entry.waitFor();
  while ((await page.locator('.monaco-menu').count()) > 0) {
    onChoice();
    await entry.click({ timeout: 1000 }).catch(() => {});
    await page.waitForTimeout(200);
  }
}

export function editorOf(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
}

/** The page of an editor, for what runs in it. */
export async function frameOf(editor: FrameLocator): Promise<Frame> {
  return (await (await editor.locator('html').elementHandle())!.ownerFrame())!;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}

function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (data: Buffer): void => {
      output += data.toString();
      if (output.includes('HTTP server listening')) resolve();
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.on('exit', (code) => reject(new Error(`The workbench ended with exit code ${code}: ${output}`)));
  });
}
