import { expect, test } from 'vitest';
import { pageHtml } from './page-html.ts';

test('a page runs its own script and style, by a nonce of its own, and nothing else', () => {
  const [one, other] = [pageHtml('webview:page.js', 'en'), pageHtml('webview:page.js', 'en')];
  const policyOf = (page: string): string => /Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!;
  const nonceOf = (page: string): string => /script-src 'nonce-([^']+)'/.exec(policyOf(page))![1]!;
  expect(policyOf(one).replaceAll(nonceOf(one), 'N').split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'nonce-N'",
    "style-src 'nonce-N'",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(one).toContain(`<script nonce="${nonceOf(one)}" src="webview:page.js"></script>`);
  expect(nonceOf(one)).toHaveLength(32);
  expect(nonceOf(one)).not.toBe(nonceOf(other));
});
