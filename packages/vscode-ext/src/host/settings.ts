import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigurationTarget, l10n, type Memento, workspace } from 'vscode';
import { recordingEndings, tokensEnding } from '../document/index.ts';
import type { InferenceSettings } from '../inference/index.ts';

export const editorType = 'speechTokens.editor';

const allowedKey = 'allowedPlugins';

/** The tokenizers of a file that is opened for the first time. */
export function chosenTokenizers(): readonly string[] {
  return workspace.getConfiguration('speechTokens').get<readonly string[]>('tokenizers', []);
}

/** A change of one of these ends the inference process: the next one works with what they say then. */
export const inferenceKeys: readonly string[] = ['threads', 'pluginFolders', 'checkpoints'].map(
  (key) => `speechTokens.${key}`,
);

/** Plugins and folders of the workspace count only where it is trusted. @param memory where agreed plugins are kept */
export function inferenceSettings(memory: Memento): InferenceSettings {
  const settings = workspace.getConfiguration('speechTokens');
  const threads = settings.get<number>('threads', 0);
  const always = { texts: l10n.bundle ?? {}, ...(threads > 0 ? { threadCount: threads } : {}) };
  if (!workspace.isTrusted) return { ...always, pluginDirectories: [], allowedPlugins: [] };
  const checkpoints = Object.entries(settings.get<Readonly<Record<string, unknown>>>('checkpoints', {}));
  return {
    ...always,
    pluginDirectories: folders(),
    pluginPackages: settings.get<readonly unknown[]>('pluginFolders', []).filter(isText).map(absolute),
    allowedPlugins: memory.get<readonly string[]>(allowedKey, []),
    checkpoints: Object.fromEntries(
      checkpoints.flatMap(([id, folder]) => (isText(folder) ? [[id, absolute(folder)]] : [])),
    ),
  };
}

/** What someone has written into a settings file need not be of the right type. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Of the workspace, on this machine. */
function folders(): readonly string[] {
  return (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}

/** A path of the settings: relative ones start at the first folder of the workspace, and `~` is the home folder. */
function absolute(path: string): string {
  if (path === '~' || /^~[/\\]/.test(path)) return join(homedir(), path.slice(1));
  return resolve(folders()[0] ?? homedir(), path);
}

/** @param plugin `name@version` */
export async function allowPlugin(memory: Memento, plugin: string): Promise<void> {
  await memory.update(allowedKey, [...new Set([...memory.get<readonly string[]>(allowedKey, []), plugin])]);
}

/** Has the editor open all files of these kinds from now on. */
export async function makeDefaultEditor(): Promise<void> {
  const settings = workspace.getConfiguration('workbench');
  const before = settings.inspect<Readonly<Record<string, string>>>('editorAssociations')?.globalValue ?? {};
  const endings = [...recordingEndings, tokensEnding];
  const ours = Object.fromEntries(endings.map((ending) => [`*.${ending}`, editorType]));
  await settings.update('editorAssociations', { ...before, ...ours }, ConfigurationTarget.Global);
}
