import { EventEmitter, ThemeIcon, type TreeDataProvider, TreeItem } from 'vscode';
import type { InferenceProcess, TokenizerChoice } from '../inference/index.ts';
import { t } from '../texts/index.ts';
import { modelText } from './model-text.ts';

export const treeView = 'speechTokens.tokenizers';

/** A tokenizer, or what is wrong with a package. */
export type TreeEntry = { readonly tokenizer: TokenizerChoice } | { readonly problem: string };

export interface TokenizersTree extends TreeDataProvider<TreeEntry> {
  /** Looks again. */
  refresh(): void;
}

/** The tokenizers that can be chosen, with what is known of their models: those that are here first. */
export function createTokenizersTree(inference: InferenceProcess): TokenizersTree {
  const changed = new EventEmitter<undefined>();
  return {
    onDidChangeTreeData: changed.event,
    refresh: () => changed.fire(undefined),
    async getChildren(entry) {
      if (entry !== undefined) return [];
      const { tokenizers, problems } = await inference.request('tokenizers', null);
      const isThere = ({ model }: TokenizerChoice): boolean => !/^(to-fetch|needs-folder)$/.test(model?.state ?? '');
      const ordered = [...tokenizers.filter(isThere), ...tokenizers.filter((one) => !isThere(one))];
      return [...ordered.map((tokenizer) => ({ tokenizer })), ...problems.map((problem) => ({ problem }))];
    },
    getTreeItem: (entry) => ('problem' in entry ? problemItem(entry.problem) : tokenizerItem(entry.tokenizer)),
  };
}

function tokenizerItem({ id, title, packageName, version, isBundled, model }: TokenizerChoice): TreeItem {
  const item = new TreeItem(id);
  const owner = isBundled ? [] : [t('{0} {1}, of this workspace', packageName, version)];
  const state = model === undefined ? [] : [modelText(model)];
  const licences = model === undefined ? [] : [t('licence {0}', model.licences.join(', '))];
  item.description = [...state, ...owner, ...licences].join(' · ');
  item.tooltip = [title, ...(model?.source ? [model.source] : []), item.description].join('\n');
  item.accessibilityInformation = { label: [id, title, item.description].join(', ') };
  item.contextValue = model?.state ?? 'plugin';
  item.iconPath = new ThemeIcon(icons[model?.state ?? 'plugin']);
  return item;
}

const icons = {
  bundled: 'pass',
  here: 'pass',
  'own-folder': 'pass',
  'to-fetch': 'cloud-download',
  'needs-folder': 'folder',
  plugin: 'package',
} as const;

function problemItem(problem: string): TreeItem {
  const item = new TreeItem(problem);
  item.iconPath = new ThemeIcon('warning');
  item.tooltip = problem;
  return item;
}
