export { setTexts, type Texts, t } from './texts.ts';
