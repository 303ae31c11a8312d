/**
 * The style sheet of a view. Colours follow the editor's where the page has its variables (`--vscode-…`), and otherwise the
 * system's: light, dark, or those of forced colours.
 */
export const tokenViewCss: string = `
.token-view, .token-view-histogram {
  --token-view-background: var(--vscode-editor-background, #ffffff);
  --token-view-foreground: var(--vscode-editor-foreground, #1f2328);
  --token-view-faint: var(--vscode-editorIndentGuide-background1, #d0d4da);
  --token-view-accent: var(--vscode-charts-blue, #2f6fd0);
  --token-view-selection: var(--vscode-editor-selectionBackground, #9cc3ff);
  --token-view-playhead: var(--vscode-editorCursor-foreground, #c2410c);
  --token-view-font: var(--vscode-editor-font-family, ui-monospace, monospace);
}
.token-view {
  color: var(--token-view-foreground);
  background: var(--token-view-background);
  position: relative;
  display: grid;
  grid-template-columns: minmax(5rem, max-content) 1fr;
  column-gap: 0.5rem;
  row-gap: 2px;
  align-items: center;
}
@media (prefers-color-scheme: dark) {
  .token-view, .token-view-histogram {
    --token-view-background: var(--vscode-editor-background, #16181d);
    --token-view-foreground: var(--vscode-editor-foreground, #e3e6eb);
    --token-view-faint: var(--vscode-editorIndentGuide-background1, #3a3f48);
    --token-view-accent: var(--vscode-charts-blue, #6ea8ff);
    --token-view-selection: var(--vscode-editor-selectionBackground, #29538f);
    --token-view-playhead: var(--vscode-editorCursor-foreground, #ff9b57);
  }
}
@media (forced-colors: active) {
  .token-view, .token-view-histogram {
    --token-view-background: Canvas;
    --token-view-foreground: CanvasText;
    --token-view-faint: GrayText;
    --token-view-accent: LinkText;
    --token-view-selection: Highlight;
    --token-view-playhead: Highlight;
    forced-color-adjust: none;
  }
}
.token-view canvas { display: block; width: 100%; height: 100%; }
.token-view-rows, .token-view-row { display: contents; }
.token-view-label {
  font: 11px var(--token-view-font);
  text-align: right;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  max-width: 12rem;
}
.token-view .token-view-mute, .token-view .token-view-mute:hover:enabled { font: inherit; font-size: 10px; line-height: 1; padding: 1px 4px; margin-right: 0.4rem; border-radius: 2px;
  color: var(--token-view-foreground); background: transparent; border: 1px solid currentColor; }
.token-view .token-view-mute[aria-pressed="true"], .token-view .token-view-mute[aria-pressed="true"]:hover:enabled { color: var(--token-view-background); background: var(--token-view-foreground); }
.token-view-mute[aria-disabled="true"] { opacity: 0.4; }
.token-view-muted canvas { opacity: 0.3; }
.token-view-heading { grid-column: 1 / -1; font-weight: 600; margin-top: 0.6rem; }
.token-view-heading small { font-weight: 400; margin-left: 0.6rem; opacity: 0.8; }
.token-view-track { position: relative; overflow: hidden; touch-action: pan-y; cursor: default; }
.token-view-axis { cursor: ew-resize; }
.token-view-track:focus-visible { outline: 2px solid var(--token-view-accent); outline-offset: 1px; }
.token-view-status {
  grid-column: 1 / -1;
  min-height: 1.4em;
  font: 12px var(--token-view-font);
  margin-top: 0.4rem;
}
.token-view-histogram { display: block; width: 100%; height: 4.5rem; background: var(--token-view-background); }
.token-view-used { fill: var(--token-view-accent); }
.token-view-unused { fill: var(--token-view-foreground); opacity: 0.45; }
`;
