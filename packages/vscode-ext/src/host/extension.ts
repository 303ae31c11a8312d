import { type ExtensionContext, l10n, Uri, window, workspace } from 'vscode';
import { createInferenceProcess } from '../inference/index.ts';
import { setTexts, t } from '../texts/index.ts';
import { registerCommands } from './commands.ts';
import { mayFetch } from './consent.ts';
import { createEditorProvider, tokenizersOf } from './editor-provider.ts';
import { createModels } from './models.ts';
import { editorType, inferenceKeys, inferenceSettings } from './settings.ts';
import { createStatusBar } from './status-bar.ts';
import { createTokenizersTree, treeView } from './tokenizers-tree.ts';

/** Called by the editor when a file is opened, a command is used or the view is shown for the first time. */
export function activate(context: ExtensionContext): void {
  setTexts(l10n.bundle);
  const { extensionUri, globalState: memory, globalStorageUri, storageUri, subscriptions } = context;
  const log = window.createOutputChannel('Speech Tokens', { log: true });
  const script = Uri.joinPath(extensionUri, 'dist', 'inference', 'child.js').fsPath;
  // The same program twice: where samples are read, no model runs, so that sound and pictures never wait for one.
  const temporaryDirectory = Uri.joinPath(storageUri ?? globalStorageUri, 'samples').fsPath;
  const reading = createInferenceProcess({
    name: t('reading process'),
    script,
    settings: { pluginDirectories: [], allowedPlugins: [], temporaryDirectory, texts: l10n.bundle ?? {} },
    onEnd: (reason) => log.error(reason),
    onOutput: (text) => log.info(text.trimEnd()),
  });
  const inferenceEnded = (reason: string): void => {
    for (const page of provider.pages.values()) page.request('inferenceEnded', reason).catch(() => {});
  };
  const inference = createInferenceProcess({
    script,
    settings: inferenceSettings(memory),
    isInBackground: true,
    onEnd(reason) {
      log.error(reason);
      inferenceEnded(reason);
    },
    onOutput: (text) => log.info(text.trimEnd()),
    mayFetch,
  });
  const tree = createTokenizersTree(inference);
  const tokenizersChanged = async (): Promise<void> => {
    tree.refresh();
    if (provider.pages.size === 0) return;
    const tokenizers = await tokenizersOf(inference);
    for (const page of provider.pages.values()) page.request('tokenizersChanged', tokenizers).catch(() => {});
  };
  const models = createModels(inference, tokenizersChanged);
  const statusBar = createStatusBar();
  const provider = createEditorProvider({ inference, reading, extensionUri, memory, models, statusBar });
  const reconfigure = async (): Promise<void> => {
    inference.configure(inferenceSettings(memory));
    await tokenizersChanged();
  };
  subscriptions.push(
    log,
    statusBar,
    {
      dispose() {
        inference.kill('The extension was stopped');
        reading.kill('The extension was stopped');
      },
    },
    window.registerCustomEditorProvider(editorType, provider),
    window.registerTreeDataProvider(treeView, tree),
    ...registerCommands({
      models,
      tree,
      showStatistics() {
        const [, page] = [...provider.pages].find(([panel]) => panel.active) ?? [];
        page?.request('showStatistics', null).catch(() => {});
      },
      restartInference() {
        const reason = t('The inference process was ended');
        inference.kill(reason);
        inferenceEnded(reason);
      },
    }),
    workspace.onDidGrantWorkspaceTrust(reconfigure),
    workspace.onDidChangeWorkspaceFolders(reconfigure),
    workspace.onDidChangeConfiguration(async (event) => {
      if (inferenceKeys.some((key) => event.affectsConfiguration(key))) await reconfigure();
    }),
  );
}
