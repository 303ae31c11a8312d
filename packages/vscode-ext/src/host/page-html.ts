import { randomBytes } from 'node:crypto';
import { tokenViewCss } from '@speech-tokens/token-view';
import { pageCss } from './page-css.ts';

/**
 * The page of an editor. It runs its own script and style and nothing else, and loads nothing from anywhere.
 * @param scriptUri as the webview knows it
 * @param language of its texts, for example `de`
 */
export function pageHtml(scriptUri: string, language: string): string {
  const nonce = randomBytes(24).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Speech Tokens</title>
<style nonce="${nonce}">${tokenViewCss}${pageCss}</style>
</head>
<body>
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>
`;
}
