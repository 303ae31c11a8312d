import { commands, type ExtensionContext, Uri, window, workspace } from 'vscode';
import { createInferenceProcess } from '../inference/index.ts';
import { createEditorProvider } from './editor-provider.ts';
import { editorType, inferenceSettings, makeDefaultEditor } from './settings.ts';

/** Called by the editor when a file is opened or a command is used for the first time. */
export function activate(context: ExtensionContext): void {
  const { extensionUri, globalState, globalStorageUri, storageUri, subscriptions } = context;
  const log = window.createOutputChannel('Speech Tokens', { log: true });
  const script = Uri.joinPath(extensionUri, 'dist', 'inference', 'child.js').fsPath;
  // The same program twice: where samples are read, no model runs, so that sound and pictures never wait for one.
  const temporaryDirectory = Uri.joinPath(storageUri ?? globalStorageUri, 'samples').fsPath;
  const reading = createInferenceProcess({
    name: 'reading process',
    script,
    settings: { pluginDirectories: [], allowedPlugins: [], temporaryDirectory },
    onEnd: (reason) => log.error(reason),
    onOutput: (text) => log.info(text.trimEnd()),
  });
  const inference = createInferenceProcess({
    script,
    settings: inferenceSettings(globalState),
    onEnd(reason) {
      log.error(reason);
      for (const page of provider.pages) page.request('inferenceEnded', reason).catch(() => {});
    },
    onOutput: (text) => log.info(text.trimEnd()),
  });
  const provider = createEditorProvider({ inference, reading, extensionUri, memory: globalState });
  const reconfigure = async (): Promise<void> => {
    inference.configure(inferenceSettings(globalState));
    if (provider.pages.size === 0) return;
    const tokenizers = { tokenizers: await inference.request('tokenizers', null), isTrusted: workspace.isTrusted };
    for (const page of provider.pages) page.request('tokenizersChanged', tokenizers).catch(() => {});
  };
  subscriptions.push(
    log,
    {
      dispose() {
        inference.kill('The extension was stopped');
        reading.kill('The extension was stopped');
      },
    },
    window.registerCustomEditorProvider(editorType, provider),
    commands.registerCommand('speechTokens.open', (uri?: Uri) => open(uri)),
    commands.registerCommand('speechTokens.makeDefault', async () => {
      await makeDefaultEditor();
      await window.showInformationMessage(
        'Speech Tokens opens audio and token files from now on. The setting workbench.editorAssociations takes that back.',
      );
    }),
    commands.registerCommand('speechTokens.restartInference', () => {
      const reason = 'The inference process was ended';
      inference.kill(reason);
      for (const page of provider.pages) page.request('inferenceEnded', reason).catch(() => {});
    }),
    workspace.onDidGrantWorkspaceTrust(reconfigure),
    workspace.onDidChangeWorkspaceFolders(reconfigure),
    workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration('speechTokens.threads')) await reconfigure();
    }),
  );
}

async function open(uri: Uri | undefined): Promise<void> {
  const [target] =
    uri === undefined ? ((await window.showOpenDialog({ title: 'Open as Speech Tokens' })) ?? []) : [uri];
  if (target !== undefined) await commands.executeCommand('vscode.openWith', target, editorType);
}
