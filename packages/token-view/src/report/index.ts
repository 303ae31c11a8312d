export { readPageScript } from './page-script.ts';
export { type Report, type ReportTokens, reportPage } from './report-page.ts';
