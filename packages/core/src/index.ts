export { type AudioClip, type AudioFormat, type PcmChunk, sampleCountOf } from './audio/audio-clip.ts';
export { validateAudioClip } from './audio/validate-audio.ts';
export { createWholeTokenizer, type WholeTokenizerParts } from './batches/create-whole-tokenizer.ts';
export { detokenizeOneByOne } from './batches/detokenize-one-by-one.ts';
export { tokenizeOneByOne } from './batches/tokenize-one-by-one.ts';
export { type BytePairCoder, createBytePairCoder } from './byte-pairs/byte-pair-coder.ts';
export {
  type BytePairMerges,
  checkMerges,
  maximumMerges,
  maximumVocabularySize,
  vocabularySizeOf,
} from './byte-pairs/byte-pair-merges.ts';
export {
  bytePairsFromTokenizerJson,
  type ReadTokenizerJson,
  type TokenizerJsonOptions,
} from './byte-pairs/interchange/read-tokenizer-json.ts';
export {
  type CharacterWarning,
  checkUnitCharacters,
  type UnitCharacters,
  unitsFromText,
  unitsToText,
} from './byte-pairs/interchange/unit-characters.ts';
export { bytePairsToTokenizerJson, type TokenizerJson } from './byte-pairs/interchange/write-tokenizer-json.ts';
export { buildMergesFile, type MergesFile, readMergesFile } from './byte-pairs/merges-file.ts';
export { type TrainBytePairsOptions, trainBytePairs } from './byte-pairs/training/train-byte-pairs.ts';
export { blobSource } from './bytes/blob-source.ts';
export { type ByteSink, type ByteSource, bytesSource } from './bytes/byte-source.ts';
export { readCheckpointIndex } from './checkpoint-index/read-checkpoint-index.ts';
export type { CallOptions, Progress } from './contract/call-options.ts';
export { findComponent } from './contract/find-component.ts';
export { hubFile } from './contract/hub-file.ts';
export {
  type ModelFile,
  type ModelSource,
  type ModelStore,
  needsCheckpoint,
  type ResolvedModelFile,
} from './contract/model-file.ts';
export type { DetokenizeOptions, DetokenizerSettings, SpeechDetokenizerV1 } from './contract/speech-detokenizer.ts';
export type {
  DetokenizerWindow,
  DuplexSession,
  ModelCodec,
  ModelRequest,
  SamplingSettings,
  SpeechDuplex,
  SpeechGeneration,
  SpeechPart,
  SpeechRequest,
  Takes,
} from './contract/speech-generation.ts';
export type {
  ChooseToken,
  LanguageModelSession,
  SpeechLanguageModelV0,
  TokenStream,
} from './contract/speech-language-model.ts';
export type {
  Component,
  DetokenizerComponent,
  LanguageModelComponent,
  LanguageModelLoadContext,
  LoadContext,
  PluginManifest,
  SpeechPluginV1,
  TokenizerComponent,
} from './contract/speech-plugin.ts';
export type { SpeechTokenizerV1, TokenizeOptions, TokenizerSettings } from './contract/speech-tokenizer.ts';
export type { PlainData, SessionState, Streaming, StreamSession } from './contract/streaming.ts';
export type { ErrorCode, ErrorDetails } from './errors/error-details.ts';
export { type ErrorDescription, isSpeechTokensError, SpeechTokensError } from './errors/speech-tokens-error.ts';
export { createRandom, type RandomState, restoreRandom, type SeededRandom } from './random/seeded-random.ts';
export {
  type BuiltSafetensorsHeader,
  buildSafetensorsHeader,
  type SafetensorsLayout,
} from './safetensors/build-safetensors-header.ts';
export {
  maximumSafetensorsHeaderBytes,
  parseSafetensorsHeader,
  readSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsReadOptions,
  type SafetensorsTensor,
  safetensorsHeaderSizeBytes,
} from './safetensors/read-safetensors-header.ts';
export {
  isSafetensorsDtype,
  type SafetensorsDtype,
  safetensorsDtypes,
  tensorSizeBytes,
} from './safetensors/safetensors-dtype.ts';
export { type CallQueue, createCallQueue, type QueuedCall } from './streaming/call-queue.ts';
export {
  createStreamDetokenizer,
  type DetokenizerStream,
  type StreamDetokenizerParts,
} from './streaming/create-stream-detokenizer.ts';
export {
  createStreamSession,
  type StreamMachine,
  type StreamSessionOptions,
} from './streaming/create-stream-session.ts';
export { createStreamTokenizer, type StreamTokenizerParts } from './streaming/create-stream-tokenizer.ts';
export { joined } from './streaming/joined.ts';
export { raceSignal } from './streaming/race-signal.ts';
export { assertContinues, checkCodebookCount, isCount, ownChunk, ownGrid } from './streaming/stream-rules.ts';
export {
  type GridJson,
  type GridJsonOptions,
  gridFromJson,
  gridToJson,
  gridToJsonText,
} from './token-exports/grid-json.ts';
export { type GridFromNpyOptions, gridFromNpy, gridToNpy, trackToNpy } from './token-exports/grid-npy.ts';
export { openTokenFile, type ReadTokensOptions, type TokenFile } from './token-file/open-token-file.ts';
export type { SideTrackShape, TokenFileMetadata, TokenFileSource } from './token-file/token-file-metadata.ts';
export {
  createTokenFileWriter,
  type TokenFileWriter,
  type TokenFileWriterOptions,
} from './token-file/token-file-writer.ts';
export { assertTokenSpace, tokenSpacesEqual } from './tokens/compare-token-spaces.ts';
export { fileFingerprint } from './tokens/file-fingerprint.ts';
export {
  alignmentSamples,
  alignRangeOutward,
  framesBefore,
  type SampleRange,
  type Stretch,
  trackFrameCounts,
} from './tokens/frame-clock.ts';
export { isListedSpaceId } from './tokens/listed-space.ts';
export { takeCodebooks } from './tokens/take-codebooks.ts';
export {
  emptyGrid,
  frameCountFor,
  type SideTrack,
  type TokenGrid,
  type TokenTrack,
  trackFrameCount,
} from './tokens/token-grid.ts';
export type { JsonData, TokenSpaceDerivation } from './tokens/token-space.ts';
export {
  bitrateBps,
  type Codebook,
  frameRateHz,
  hasSpans,
  type TokenSegments,
  type TokenSpace,
} from './tokens/token-space.ts';
export { tokenSpaceFromJson, tokenSpaceToJson } from './tokens/token-space-json.ts';
export { type ValidateTokenGridOptions, validateTokenGrid } from './tokens/validate-token-grid.ts';
export { validateTokenSpace } from './tokens/validate-token-space.ts';
export { bytePair } from './transforms/byte-pair.ts';
export {
  applyTransforms,
  type DerivedSpaceOptions,
  originalSpace,
  undoTransforms,
} from './transforms/derived-spaces.ts';
export { flatten, unflatten } from './transforms/flatten.ts';
export {
  type FlattenLayout,
  type FlattenLayoutOptions,
  type FlattenSlot,
  timeOrderedLayout,
} from './transforms/flatten-layout.ts';
export { joinGrids } from './transforms/join-grids.ts';
export { mergeRepeats } from './transforms/merge-repeats.ts';
export { sliceGrid } from './transforms/slice-grid.ts';
export { spaceBefore, type TokenTransform } from './transforms/token-transform.ts';
