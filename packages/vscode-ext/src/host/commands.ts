import { commands, type Disposable, type Uri, window } from 'vscode';
import { t } from '../texts/index.ts';
import type { Models } from './models.ts';
import { editorType, makeDefaultEditor } from './settings.ts';
import type { TokenizersTree, TreeEntry } from './tokenizers-tree.ts';

export interface CommandActions {
  readonly models: Models;
  readonly tree: TokenizersTree;
  /** Of the editor in front. */
  showStatistics(): void;
  restartInference(): void;
}

export function registerCommands({ models, tree, showStatistics, restartInference }: CommandActions): Disposable[] {
  const ofEntry = (act: (tokenizer: string) => Promise<void>) => (entry?: TreeEntry) =>
    entry !== undefined && 'tokenizer' in entry ? act(entry.tokenizer.id) : undefined;
  const table: Readonly<Record<string, (argument?: never) => unknown>> = {
    open,
    makeDefault,
    restartInference,
    showStatistics,
    showActions: () => showActions({ showStatistics, restartInference }),
    fetchModel: ofEntry(models.fetchVisibly),
    removeModel: ofEntry(models.remove),
    refreshTokenizers: tree.refresh,
  };
  return Object.entries(table).map(([name, run]) => commands.registerCommand(`speechTokens.${name}`, run));
}

async function open(uri?: Uri): Promise<void> {
  const title = t('Open as Speech Tokens');
  const [target] = uri === undefined ? ((await window.showOpenDialog({ title })) ?? []) : [uri];
  if (target !== undefined) await commands.executeCommand('vscode.openWith', target, editorType);
}

async function makeDefault(): Promise<void> {
  await makeDefaultEditor();
  await window.showInformationMessage(
    t(
      'Speech Tokens opens audio and token files from now on. The setting workbench.editorAssociations takes that back.',
    ),
  );
}

async function showActions({
  showStatistics,
  restartInference,
}: Pick<CommandActions, 'showStatistics' | 'restartInference'>): Promise<void> {
  const actions = [
    { label: t('Show the statistics'), act: showStatistics },
    { label: t('Restart the inference process'), act: restartInference },
    {
      label: t('Open the settings'),
      act: () => commands.executeCommand('workbench.action.openSettings', 'speechTokens.'),
    },
  ];
  const chosen = await window.showQuickPick(actions, { title: 'Speech Tokens' });
  await chosen?.act();
}
