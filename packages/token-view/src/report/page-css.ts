/** The style sheet of a report page, beside that of the view. */
export const pageCss: string = `
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem 1.25rem 3rem; max-width: 110rem; background: Canvas; color: CanvasText; }
h1 { font-size: 1.3rem; margin: 0; overflow-wrap: anywhere; }
header p { margin: 0.2rem 0 0.8rem; opacity: 0.85; }
.controls { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: center; margin-bottom: 0.8rem; }
.controls output { min-width: 5rem; font-variant-numeric: tabular-nums; }
figure { margin: 0.6rem 0; display: grid; grid-template-columns: 1fr 1fr; gap: 0.2rem 1rem; max-width: 60rem; }
figcaption { grid-column: 1 / -1; }
details { margin-top: 0.8rem; }
summary { cursor: pointer; }
table { border-collapse: collapse; margin: 0.5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.7rem 0.15rem 0; text-align: left; border-bottom: 1px solid GrayText; font-weight: 400; }
thead th { font-weight: 600; }
`;
