export {
  type AbxRun,
  type AbxSide,
  type AbxSubject,
  abxReport,
  abxTrialCounts,
  answered,
  pValueText,
  scoreOf,
  startAbx,
  xOf,
} from './abx.ts';
export {
  decodedCodebooks,
  type EditorState,
  initialState,
  mostTokenizers,
  restoredState,
  speeds,
  toggledTokenizer,
  viewAfterChange,
} from './editor-state.ts';
export {
  type DocumentFacts,
  isLong,
  mostSoundBytes,
  type TokensFormat,
  type TokensFound,
  tokensFormats,
} from './facts.ts';
export { gridToCsv } from './grid-csv.ts';
export { matchedLevels, secondsOf } from './levels.ts';
export { codebooksAfterMute, mutingOf } from './muting.ts';
export { exportName, recordingEndings, tokensEnding } from './names.ts';
export {
  differenceOf,
  isDifference,
  ownTokens,
  recordingSound,
  type SoundChoice,
  tokenizerOf,
} from './sound-choice.ts';
export { statisticsTable } from './statistics-table.ts';
