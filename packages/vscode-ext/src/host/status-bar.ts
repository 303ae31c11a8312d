import { type Disposable, StatusBarAlignment, type WebviewPanel, window } from 'vscode';
import { t } from '../texts/index.ts';
import type { ShownTokens } from './editor-methods.ts';

export interface StatusBar extends Disposable {
  /** Says what the editor of a panel shows, whenever that panel is in front. */
  show(panel: WebviewPanel, tokens: readonly ShownTokens[]): void;
}

/** What the editor in front shows: tokenizers, tokens a second, bitrate. A click offers what can be done. */
export function createStatusBar(): StatusBar {
  const item = window.createStatusBarItem('speechTokens.status', StatusBarAlignment.Right, 100);
  item.name = 'Speech Tokens';
  item.command = 'speechTokens.showActions';
  const shown = new Map<WebviewPanel, readonly ShownTokens[]>();
  const update = (): void => {
    const [, tokens] = [...shown].find(([panel]) => panel.active) ?? [undefined, []];
    if (tokens.length === 0) {
      item.hide();
      return;
    }
    const rates = tokens.map(rateText).filter((text) => text !== '');
    const names = tokens.length === 1 ? tokens[0]!.title : t('{0} tokenizers', tokens.length);
    item.text = [`$(pulse) ${names}`, ...(tokens.length === 1 ? rates : [])].join(' · ');
    item.tooltip = tokens.map((one) => [one.title, rateText(one)].filter(Boolean).join(' · ')).join('\n');
    item.accessibilityInformation = { label: `Speech Tokens: ${item.tooltip}`, role: 'button' };
    item.show();
  };
  return {
    show(panel, tokens) {
      if (!shown.has(panel)) {
        panel.onDidChangeViewState(update);
        panel.onDidDispose(() => {
          shown.delete(panel);
          update();
        });
      }
      shown.set(panel, tokens);
      update();
    },
    dispose: () => item.dispose(),
  };
}

/** `400 tokens/s · 4.00 kbit/s` */
function rateText({ tokenRateHz, bitrateBps }: ShownTokens): string {
  const rate = tokenRateHz === undefined ? [] : [t('{0} tokens/s', Number(tokenRateHz.toFixed(1)))];
  const bitrate = bitrateBps === undefined ? [] : [`${(bitrateBps / 1000).toFixed(2)} kbit/s`];
  return [...rate, ...bitrate].join(' · ');
}
