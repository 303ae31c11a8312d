export {
  decodedCodebooks,
  type EditorState,
  initialState,
  mostTokenizers,
  ownTokens,
  recordingSound,
  restoredState,
  type SoundChoice,
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
export { exportName, recordingEndings, tokensEnding } from './names.ts';
export { statisticsTable } from './statistics-table.ts';
