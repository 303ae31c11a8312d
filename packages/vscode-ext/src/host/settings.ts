import { ConfigurationTarget, type Memento, workspace } from 'vscode';
import { recordingEndings, tokensEnding } from '../document/index.ts';
import type { InferenceSettings } from '../inference/index.ts';

export const editorType = 'speechTokens.editor';

const allowedKey = 'allowedPlugins';

/** The tokenizers of a file that is opened for the first time. */
export function chosenTokenizers(): readonly string[] {
  return workspace.getConfiguration('speechTokens').get<readonly string[]>('tokenizers', []);
}

/** Plugins of the workspace count only where it is trusted. @param memory where agreed plugins are kept */
export function inferenceSettings(memory: Memento): InferenceSettings {
  const threads = workspace.getConfiguration('speechTokens').get<number>('threads', 0);
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  return {
    pluginDirectories: workspace.isTrusted ? folders.map(({ uri }) => uri.fsPath) : [],
    allowedPlugins: workspace.isTrusted ? memory.get<readonly string[]>(allowedKey, []) : [],
    ...(threads > 0 ? { threadCount: threads } : {}),
  };
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
