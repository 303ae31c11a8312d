import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SpeechTokensError, type TokenSpace } from '@speech-tokens/core';
import { checkpointFileNames, openCheckpoint, type WeightScope, weightsOf } from '@speech-tokens/onnx-graph';
import { unitSpaceShape } from '../units/unit-tokenizer.ts';
import { parseVocoderConfig, type VocoderConfig } from './vocoder-config.ts';
import { parseVocoderSettings, type VocoderSettings } from './vocoder-settings.ts';

/** What `vocoder.json` and the files beside it say. */
export interface OpenedVocoder {
  readonly settings: VocoderSettings;
  readonly config: VocoderConfig;
  readonly weights: WeightScope;
  /** The folder that graphs are loaded with. */
  readonly weightsDirectory: string;
  /** That of the units that the vocoder was made for. */
  readonly tokenSpace: TokenSpace;
}

/**
 * Reads the settings, the configuration and the table of contents of the weights. These may be those of a vocoder alone,
 * or of a whole model that has it under `vocoder.`
 * @param path that of vocoder.json
 * @throws SpeechTokensError `checkpoint-invalid`, `model-missing`
 */
export async function openVocoder(path: string): Promise<OpenedVocoder> {
  const settings = parseVocoderSettings(await readFile(path, 'utf8'), path);
  const folder = resolve(path, '..', settings.checkpoint);
  const configPath = await fileIn(folder, ['config.json']);
  const config = parseVocoderConfig(await readFile(configPath, 'utf8'), configPath);
  const checkpoint = await openCheckpoint(await fileIn(folder, checkpointFileNames));
  const all = weightsOf(checkpoint);
  const weights = all.has('vocoder.unit_embedding.weight') ? all.scope('vocoder') : all;
  const { id, windowSamples, count = config.unitCount } = settings.units;
  const { sampleRateHz, hopSamples } = config;
  if (count > config.unitCount) {
    throw invalid(path, 'units.count', String(count), `at most ${config.unitCount}, as config.json has it`);
  }
  const isWindow = windowSamples === undefined || (windowSamples >= hopSamples && windowSamples <= 2 * hopSamples);
  if (!isWindow) {
    throw invalid(path, 'units.windowSamples', String(windowSamples), `from ${hopSamples} to ${2 * hopSamples}`);
  }
  const clock = { sampleRateHz, hopSamples, ...(windowSamples === undefined ? {} : { windowSamples }) };
  const tokenSpace = { id, ...unitSpaceShape(clock, count) };
  return { settings, config, weights, weightsDirectory: checkpoint.directory, tokenSpace };
}

function invalid(path: string, field: string, found: string, wanted: string): SpeechTokensError<'checkpoint-invalid'> {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${path} does not fit the vocoder (${field})`,
    found,
    wanted,
    remedy: 'Describe the units that the vocoder was trained with',
    details: { path },
  });
}

/** The first of these names that is a file of the folder. */
async function fileIn(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  throw new SpeechTokensError('model-missing', {
    problem: `A file of the vocoder is missing in ${folder}`,
    found: 'no such file',
    wanted: names.join(' or '),
    remedy: 'Put config.json and the weights of the vocoder there, or name their folder in vocoder.json ("checkpoint")',
    details: { path: join(folder, names[0]!) },
  });
}
