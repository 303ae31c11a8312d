import type { SpeechPluginV1 } from '@speech-tokens/core';
import { components } from './systems/components.ts';

export { type Decoder, type DecoderOutput, type DecoderSequence, openDecoder } from './backbone/decoder.ts';
export { type DecoderConfig, readDecoderConfig } from './backbone/decoder-config.ts';
export { type DecoderGraphOptions, decoderGraph } from './backbone/decoder-graph.ts';
export { decoderLayers } from './backbone/decoder-layers.ts';
export {
  cacheMemory,
  type DecoderMemory,
  type RingMemoryOptions,
  ringMemory,
  ringPlace,
} from './backbone/decoder-memory.ts';
export type { EmbeddingTable } from './backbone/embedding.ts';
export { type FlatDecoderOptions, openFlatDecoder } from './backbone/flat-decoder.ts';
export { type ModelOptions, type ModelWeights, openModelWeights } from './backbone/model-weights.ts';
export {
  type DuplexConversation,
  type DuplexConversationOptions,
  type DuplexEvent,
  type DuplexStep,
  openDuplexConversation,
} from './conversation/duplex-conversation.ts';
export { openTurnConversation } from './conversation/turn-conversation.ts';
export type {
  AnswerContext,
  Interruption,
  TurnConversation,
  TurnConversationOptions,
  TurnEvent,
  UserTurn,
} from './conversation/turn-types.ts';
export { streamAudio } from './detokenizer-window/stream-audio.ts';
export { streamingOf } from './detokenizer-window/windowed-streaming.ts';
export { type DepthHeadParts, depthHead } from './frame-head/depth-head.ts';
export type { FrameHead, OpenFrameHead } from './frame-head/frame-head.ts';
export { parallelHead } from './frame-head/parallel-head.ts';
export { type PatchHeadParts, patchHead } from './frame-head/patch-head.ts';
export { type StepwiseHeadParts, stepwiseHead } from './frame-head/stepwise-head.ts';
export { type FlatLayout, timeOrderedSlots } from './layout/flat-layout.ts';
export { createFlatReader, type FlatPart, type FlatReader, type FlatReaderOptions } from './layout/flat-reader.ts';
export { flatIds } from './layout/flat-writer.ts';
export { framesToGrid, gridToFrames } from './layout/frame-grids.ts';
export { type FrameLayout, type FrameStream, noId, stepOfFrame } from './layout/frame-layout.ts';
export { createStepReader, type StepReader } from './layout/step-reader.ts';
export { createStepWriter, fillChosen, type StepWriter } from './layout/step-writer.ts';
export { createSessionMetrics, type MetricsReport, type SessionMetrics } from './metrics/session-metrics.ts';
export { openFlatModel } from './model/flat-model.ts';
export { type FrameModelParts, frameModel } from './model/frame-model.ts';
export { createSampler, type SampleOptions, type Sampler } from './sampler/sampler.ts';
export type { IdRange, SamplerOptions } from './sampler/sampler-options.ts';
export {
  type HostSchedule,
  hostSchedule,
  type Mode,
  modelSchedule,
  parallelSchedule,
  ratioSchedule,
  type Schedule,
  type Turn,
} from './schedule/schedule.ts';
export { createFrameClock, type FrameClock } from './session/frame-clock.ts';
export { createPlaybackCursor, type PlaybackCursor } from './session/playback-cursor.ts';
export { openCsm } from './systems/csm/csm-model.ts';
export { type CsmSegment, csmPrompt, isCsmEnd } from './systems/csm/csm-prompt.ts';
export { type CsmSpeechOptions, csmSpeech } from './systems/csm/csm-speech.ts';
export type { FlatSystemPaths } from './systems/flat/flat-component.ts';
export { flatGeneration } from './systems/flat/flat-generation.ts';
export type { FlatSystem } from './systems/flat/flat-system.ts';
export { type LlasaSystemOptions, llasaSystem, openLlasa } from './systems/llasa/llasa.ts';
export { xcodec2Space } from './systems/llasa/xcodec2-space.ts';
export {
  createMoshiConversation,
  type MoshiConversation,
  type MoshiTurn,
  moshiLayout,
} from './systems/moshi/moshi-conversation.ts';
export { type MoshiOptions, openMoshi } from './systems/moshi/moshi-model.ts';
export { musicgenLayout } from './systems/musicgen/musicgen-layout.ts';
export { type MusicgenRequest, type MusicgenSessions, musicgenMusic } from './systems/musicgen/musicgen-music.ts';
export { type OrpheusSystemOptions, openOrpheus, orpheusSystem } from './systems/orpheus/orpheus.ts';
export { dacSpeechSpace, type OuteTtsSystemOptions, openOuteTts, outeTtsSystem } from './systems/outetts/outetts.ts';
export {
  type OuteTtsFeatures,
  type OuteTtsSpeaker,
  type OuteTtsWord,
  parseOuteTtsSpeaker,
} from './systems/outetts/speaker-profile.ts';
export { openTextTokenizer, type TextTokenizer } from './text/text-tokenizer.ts';
export {
  openVoiceActivity,
  type VoiceActivity,
  type VoiceActivityOptions,
} from './voice-activity/open-voice-activity.ts';
export { sileroFile } from './voice-activity/silero-file.ts';
export type { SpeechBoundary } from './voice-activity/speech-detector.ts';
export type { VoiceActivitySettings } from './voice-activity/voice-activity-settings.ts';

/** Speech language models. */
const plugin: SpeechPluginV1 = { specificationVersion: 'v1', components };

export default plugin;
