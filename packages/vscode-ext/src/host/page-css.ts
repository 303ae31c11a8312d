/** The style sheet of an editor's page, beside that of the view: colours of the editor's theme only. */
export const pageCss: string = `
body { padding: 0.8rem 1.2rem 2rem; color: var(--vscode-foreground); background: var(--vscode-editor-background);
  font-size: var(--vscode-font-size); }
header p { margin: 0.2rem 0 0.8rem; }
h1 { font-size: 1.2em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1em; margin: 1.2rem 0 0.2rem; }
.toolbar { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: center; margin-bottom: 0.6rem; }
.toolbar output { min-width: 4.5rem; font-variant-numeric: tabular-nums; }
button { color: var(--vscode-button-foreground); background: var(--vscode-button-background);
  border: 1px solid var(--vscode-button-border, transparent); border-radius: 2px; padding: 0.25rem 0.8rem; font: inherit; }
button:hover:enabled { background: var(--vscode-button-hoverBackground); }
button:disabled { opacity: 0.5; }
.toolbar button[aria-pressed="true"] { text-decoration: underline; text-underline-offset: 3px; }
select { color: var(--vscode-dropdown-foreground); background: var(--vscode-dropdown-background);
  border: 1px solid var(--vscode-dropdown-border, var(--vscode-contrastBorder, transparent)); padding: 0.2rem; font: inherit; }
:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 1px; }
.problem { border: 1px solid var(--vscode-inputValidation-errorBorder, currentColor); padding: 0.5rem 0.8rem; margin: 0.5rem 0;
  background: var(--vscode-inputValidation-errorBackground); overflow-wrap: anywhere; }
.problem p { margin: 0 0 0.4rem; }
.task { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; margin: 0.3rem 0; }
fieldset { border: 1px solid var(--vscode-widget-border, currentColor); margin: 0.4rem 0; }
fieldset label { display: block; margin: 0.2rem 0; }
summary { cursor: pointer; }
details { margin: 0.6rem 0; }
figure { margin: 0.6rem 0; max-width: 50rem; }
pre { font-family: var(--vscode-editor-font-family, monospace); white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.4rem 0; }
.scrolled { max-height: 24rem; overflow: auto; }
caption { text-align: left; }
table { border-collapse: collapse; margin: 0.4rem 0; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; padding: 0.15rem 0.8rem 0.15rem 0; text-align: left; font-weight: 400;
  border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)); }
thead th { font-weight: 600; }
`;
