// The controls of the page, in one place so that they can be replaced: plain elements of HTML, which have names, states and
// keys of their own. Their looks are in the host's page-css.ts.

import { t } from '../../texts/index.ts';

export function button(text: string, press: () => void): HTMLButtonElement {
  const element = create('button', { type: 'button', textContent: text });
  element.addEventListener('click', press);
  return element;
}

export interface Choice {
  readonly value: string;
  readonly text: string;
  readonly isDisabled?: boolean;
}

export interface Select {
  /** With its label. */
  readonly element: HTMLElement;
  show(choices: readonly Choice[], chosen: string): void;
}

export function select(label: string, choose: (value: string) => void): Select {
  const input = create('select');
  input.addEventListener('change', () => choose(input.value));
  let shown = '';
  return {
    element: create('label', {}, `${label} `, input),
    show(choices, chosen) {
      // An open list stays open where nothing has changed.
      const next = JSON.stringify([choices, chosen]);
      if (next === shown && input.value === chosen) return;
      shown = next;
      input.replaceChildren(
        ...choices.map(({ value, text, isDisabled = false }) =>
          create('option', { value, textContent: text, disabled: isDisabled, selected: value === chosen }),
        ),
      );
      input.disabled = choices.length === 0;
    },
  };
}

export interface Checkbox {
  readonly element: HTMLElement;
  show(isChecked: boolean, isDisabled?: boolean): void;
}

export function checkbox(label: string, change: (isChecked: boolean) => void): Checkbox {
  const input = create('input', { type: 'checkbox' });
  input.addEventListener('change', () => change(input.checked));
  return {
    element: create('label', {}, input, ` ${label}`),
    show(isChecked, isDisabled = false) {
      input.checked = isChecked;
      input.disabled = isDisabled;
    },
  };
}

export interface ProgressBar {
  readonly element: HTMLElement;
  /**
   * @param share from 0 to 1; `undefined` where the end is not known
   * @param note what else there is to say of how far it is
   */
  show(text: string, share: number | undefined, note?: string): void;
}

export function progressBar(cancel: () => void): ProgressBar {
  const bar = create('progress', { max: 1 });
  const text = create('span');
  return {
    element: create('div', { className: 'task' }, bar, text, button(t('Cancel'), cancel)),
    show(what, share, note = '') {
      if (share === undefined) bar.removeAttribute('value');
      else bar.value = share;
      const percent = share === undefined ? '' : `: ${Math.floor(100 * share)} %`;
      text.textContent = `${what}${percent || ' …'}${note && `, ${note}`}`;
      bar.setAttribute('aria-label', what);
    },
  };
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[], caption?: string): HTMLElement {
  const head = create('tr', {}, ...heads.map((text) => create('th', { scope: 'col', textContent: text })));
  const body = rows.map((cells) => create('tr', {}, ...cells.map((textContent) => create('td', { textContent }))));
  const captions = caption === undefined ? [] : [create('caption', { textContent: caption })];
  return create('table', {}, ...captions, create('thead', {}, head), create('tbody', {}, ...body));
}

/** Something that went wrong, with what can be done. */
export function problem(message: string, actions: readonly HTMLElement[] = []): HTMLElement {
  const element = create('div', { className: 'problem' }, create('p', { textContent: message }), ...actions);
  element.setAttribute('role', 'alert');
  return element;
}

export function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
