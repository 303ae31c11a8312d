import { keyHelp } from '@speech-tokens/token-view';
import { t } from '../texts/index.ts';
import { button, create, problem, table } from './controls/index.ts';
import { pageKeyHelp } from './page-keys.ts';

/** The parts of a page. */
export interface Layout {
  /** Where the view stands. */
  readonly view: HTMLElement;
  showFacts(facts: readonly string[], warnings: readonly string[]): void;
  showStatistics(sections: readonly HTMLElement[]): void;
  /** Brings them into view, with the focus on their first table. */
  revealStatistics(): void;
  isTableOpen(): boolean;
  onTable(opened: () => void): void;
  showTable(content: HTMLElement): void;
  /** A sentence about what has happened. */
  say(text: string): void;
  /** Something that went wrong; one at a time. */
  showProblem(message: string, action?: string, act?: () => void): void;
}

export function createLayout(
  fileName: string,
  parts: {
    readonly toolbar: HTMLElement;
    readonly picker: HTMLElement;
    readonly tasks: HTMLElement;
    readonly abx: HTMLElement;
  },
): Layout {
  const facts = create('p');
  const warnings = create('div');
  const problems = create('div');
  const status = create('p');
  status.setAttribute('role', 'status');
  const view = create('div');
  const tableContent = create('div');
  const tableDetails = create(
    'details',
    {},
    create('summary', { textContent: t('Tokens in view as a table') }),
    tableContent,
  );
  const statistics = create('div');
  const pointer = t(
    'Wheel with Ctrl or a pinch zooms, with Shift it moves; a drag selects, a drag along the times or a movement with Shift takes the playhead along, a click on a token marks all its uses, a double click zooms in.',
  );
  const keys = create(
    'details',
    {},
    create('summary', { textContent: t('Keys') }),
    table([t('key'), t('does')], [...keyHelp.map(([key, does]) => [key, t(does)]), ...pageKeyHelp()]),
    create('p', { textContent: pointer }),
  );
  document.body.append(
    create('header', {}, create('h1', { textContent: fileName }), facts),
    create(
      'main',
      {},
      parts.toolbar,
      parts.picker,
      problems,
      warnings,
      parts.tasks,
      status,
      view,
      tableDetails,
      parts.abx,
      statistics,
      keys,
    ),
  );
  return {
    view,
    showFacts(known, noticed) {
      facts.textContent = known.join(' · ');
      warnings.replaceChildren(...noticed.map((textContent) => create('p', { textContent })));
    },
    showStatistics(sections) {
      const focused = document.activeElement;
      statistics.replaceChildren(...sections);
      if (focused instanceof HTMLElement && statistics.contains(focused)) focused.focus();
    },
    revealStatistics() {
      statistics.scrollIntoView();
      statistics.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
    },
    isTableOpen: () => tableDetails.open,
    onTable: (opened) => tableDetails.addEventListener('toggle', opened),
    showTable: (content) => tableContent.replaceChildren(content),
    say(text) {
      status.textContent = text;
    },
    showProblem(message, action, act) {
      const close = (): void => problems.replaceChildren();
      const go = (): void => {
        close();
        act?.();
      };
      const buttons = act === undefined ? [button(t('Close'), close)] : [button(action ?? t('Go on'), go)];
      problems.replaceChildren(problem(message, buttons));
    },
  };
}
