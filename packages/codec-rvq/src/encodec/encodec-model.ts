import type { Checkpoint } from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';

/** An EnCodec checkpoint that is open. */
export interface EncodecModel {
  readonly config: EncodecConfig;
  readonly checkpoint: Checkpoint;
}
