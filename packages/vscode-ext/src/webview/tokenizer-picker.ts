import { type EditorState, mostTokenizers } from '../document/index.ts';
import type { Tokenizers } from '../host/editor-methods.ts';
import type { TokenizerChoice } from '../inference/index.ts';
import { t } from '../texts/index.ts';
import { checkbox, create } from './controls/index.ts';

export interface TokenizerPicker {
  readonly element: HTMLElement;
  show(state: EditorState, tokenizers: Tokenizers): void;
}

/** One to four tokenizers. Those that run with files of the user's own only can be chosen once the settings name a folder. */
export function createTokenizerPicker(toggle: (id: string) => void): TokenizerPicker {
  const list = create('fieldset');
  const summary = create('summary');
  return {
    element: create('details', {}, summary, list),
    show({ tokenizers: chosen }, { tokenizers, isTrusted }) {
      summary.textContent = t('Tokenizers: {0}', chosen.join(', '));
      const focused = list.contains(document.activeElement)
        ? document.activeElement?.closest('label')?.textContent
        : undefined;
      const boxes = tokenizers.map((tokenizer) => {
        const { id } = tokenizer;
        const box = checkbox(textOf(tokenizer), () => toggle(id));
        const isChosen = chosen.includes(id);
        const needsFolder = tokenizer.model?.state === 'needs-folder';
        const cannot = isChosen ? chosen.length === 1 : chosen.length >= mostTokenizers || needsFolder;
        box.show(isChosen, cannot);
        return box.element;
      });
      const notes = [
        t('One to {0}.', mostTokenizers),
        t(
          'A model that is not on this machine is downloaded only after you have seen its size and licence, and agreed.',
        ),
        ...(isTrusted ? [] : [t('The workspace is not trusted: its own tokenizers are not offered.')]),
      ];
      list.replaceChildren(
        create('legend', { textContent: t('Tokenizers') }),
        ...boxes,
        create('p', { textContent: notes.join(' ') }),
      );
      for (const box of boxes) if (box.textContent === focused) box.querySelector('input')?.focus();
    },
  };
}

function textOf({ id, title, isBundled, model, packageName, version }: TokenizerChoice): string {
  if (!isBundled) return `${id}: ${title} (${t('{0} {1}, of this workspace', packageName, version)})`;
  switch (model?.state) {
    case 'to-fetch':
      return `${id}: ${title} (${t('to be downloaded')})`;
    case 'needs-folder':
      return `${id}: ${title} (${t('needs a folder of your own, in the settings')})`;
    case 'own-folder':
      return `${id}: ${title} (${t('from {0}', model.source)})`;
    default:
      return `${id}: ${title}`;
  }
}
