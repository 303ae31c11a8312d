import { readFile } from 'node:fs/promises';
import { openCheckpoint, readConfig } from '@speech-tokens/onnx-graph';
import { parseW2vBertConfig } from '../w2v-bert/w2v-bert-config.ts';
import { w2vBertNetwork } from '../w2v-bert/w2v-bert-network.ts';
import { isWaveKind, parseWaveConfig } from '../wave/wave-config.ts';
import { waveNetwork } from '../wave/wave-network.ts';
import { parseWhisperConfig } from '../whisper/whisper-config.ts';
import { whisperNetwork } from '../whisper/whisper-network.ts';
import type { FeatureNetwork } from './feature-network.ts';

/** The files of an encoder, as they are named on the Hugging Face hub. */
export interface EncoderFiles {
  /** `config.json` */
  readonly configPath: string;
  /** `preprocessor_config.json` */
  readonly preprocessorPath: string;
  /** `model.safetensors`, `pytorch_model.bin`, an index of one of them, or the folder that has one. */
  readonly weightsPath: string;
}

export interface OpenedNetwork {
  readonly network: FeatureNetwork;
  /** The folder that graphs are loaded with. */
  readonly weightsDirectory: string;
}

export interface NetworkOptions {
  /** Whether recordings are brought to mean 0 and variance 1; as preprocessor_config.json says where absent. */
  readonly normalizeWaveform?: boolean;
  /**
   * Whisper only: whether recordings are padded with silence to the 30 seconds that it was trained with, as the authors'
   * code does, or encoded at their own length, which takes less time and gives other features. True where absent.
   */
  readonly padToChunk?: boolean;
}

/**
 * Reads the configuration and the table of contents of the weights.
 * @throws SpeechTokensError `checkpoint-invalid`, `file-read`
 */
export async function openNetwork(files: EncoderFiles, options: NetworkOptions = {}): Promise<OpenedNetwork> {
  const { configPath, preprocessorPath, weightsPath } = files;
  const text = await readFile(configPath, 'utf8');
  const config = readConfig(text, configPath, 'speech encoder');
  const preprocessor = readConfig(await readFile(preprocessorPath, 'utf8'), preprocessorPath, 'waveform preprocessor');
  const checkpoint = await openCheckpoint(weightsPath);
  const modelType = config.value('model_type');
  const sampleRateHz = preprocessor.integer('sampling_rate', 768_000);
  if (isWaveKind(modelType)) {
    const normalizeWaveform = options.normalizeWaveform ?? preprocessor.boolean('do_normalize');
    const network = waveNetwork(parseWaveConfig(text, configPath), checkpoint, { sampleRateHz, normalizeWaveform });
    return { network, weightsDirectory: checkpoint.directory };
  }
  const directory = checkpoint.directory;
  if (modelType === 'whisper') {
    // GLM-4-Voice's tokenizer calls itself so, with other convolutions and another attention.
    const quantizer = config.value('quantize_position');
    if (quantizer !== undefined) {
      config.fail(
        'quantize_position',
        `a quantizer, ${JSON.stringify(quantizer)}`,
        'none: its units are those of ssl:glm-4-voice',
      );
    }
    const parsed = parseWhisperConfig(config, preprocessor);
    return { network: whisperNetwork(parsed, checkpoint, options.padToChunk ?? true), weightsDirectory: directory };
  }
  if (modelType === 'wav2vec2-bert') {
    return {
      network: w2vBertNetwork(parseW2vBertConfig(config, preprocessor), checkpoint),
      weightsDirectory: directory,
    };
  }
  return config.fail(
    'model_type',
    JSON.stringify(modelType) ?? 'nothing',
    'hubert, wav2vec2, wavlm, data2vec-audio, wav2vec2-bert or whisper',
  );
}
