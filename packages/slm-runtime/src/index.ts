export type { Decoder, DecoderOutput, DecoderSequence } from './backbone/decoder.ts';
export { type FlatDecoderOptions, openFlatDecoder } from './backbone/flat-decoder.ts';
export type { ModelOptions } from './backbone/model-weights.ts';
export { openCsm } from './systems/csm/csm-model.ts';
export { type CsmSegment, csmPrompt, isCsmEnd } from './systems/csm/csm-prompt.ts';
export { type MoshiOptions, openMoshi } from './systems/moshi/moshi-model.ts';
export { openTextTokenizer, type TextTokenizer } from './text/text-tokenizer.ts';
