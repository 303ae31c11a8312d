import { dirname } from 'node:path';
import {
  fileFingerprint,
  type LoadContext,
  type ModelFile,
  type SpeechTokenizerV1,
  SpeechTokensError,
  type TokenizerComponent,
  type TokenSpace,
} from '@speech-tokens/core';
import { type OnnxFile, openGraphSession, openOnnxFile } from '@speech-tokens/onnx-graph';
import { openWhisperMel } from '../whisper/whisper-mel.ts';
import { createS3Tokenizer, s3MelShape, unitsOf } from './s3-tokenizer.ts';

interface PublishedS3 {
  readonly id: string;
  readonly title: string;
  readonly unitCount: number;
  readonly framesPerUnit: number;
  readonly file: ModelFile;
}

/**
 * The tokenizers of CosyVoice, in the only form that their authors publish: one ONNX file each.
 * Addresses and hashes: xingchensong/S3Tokenizer, `s3tokenizer/__init__.py`.
 */
const published: readonly PublishedS3[] = [
  {
    id: 'ssl:s3-v1-50hz',
    title: 'S3Tokenizer v1 (CosyVoice), 4,096 units, 50 units/s',
    unitCount: 4_096,
    framesPerUnit: 2,
    file: modelscopeFile(
      'iic/cosyvoice-300m',
      'speech_tokenizer_v1.onnx',
      '23b5a723ed9143aebfd9ffda14ac4c21231f31c35ef837b6a13bb9e5488abb1e',
    ),
  },
  {
    id: 'ssl:s3-v1-25hz',
    title: 'S3Tokenizer v1 (CosyVoice), 4,096 units, 25 units/s',
    unitCount: 4_096,
    framesPerUnit: 4,
    file: modelscopeFile(
      'iic/CosyVoice-300M-25Hz',
      'speech_tokenizer_v1.onnx',
      '56285ddd4a83e883ee0cb9f8d69c1089b53a94b1f78ff7e4a0224a27eb4cb486',
    ),
  },
  {
    id: 'ssl:s3-v2-25hz',
    title: 'S3Tokenizer v2 (CosyVoice 2), finite scalar quantization, 6,561 units, 25 units/s',
    unitCount: 6_561,
    framesPerUnit: 4,
    file: modelscopeFile(
      'iic/CosyVoice2-0.5B',
      'speech_tokenizer_v2.onnx',
      'd43342aa12163a80bf07bffb94c9de2e120a8df2f9917cd2f642e7f4219c6f71',
    ),
  },
];

export const s3Tokenizers: readonly TokenizerComponent[] = published.map((s3) => ({
  kind: 'tokenizer',
  id: s3.id,
  title: s3.title,
  models: [s3.file],
  tokenSpace: spaceOf(s3, s3.file.sha256!),
  load: (context) => openS3(s3, context),
}));

function modelscopeFile(repository: string, name: string, sha256: string): ModelFile {
  const url = `https://www.modelscope.cn/models/${repository}/resolve/master/${name}`;
  return { name, source: { type: 'https', url }, sha256, licence: 'Apache-2.0' };
}

/** A frame is made as soon as its first log-mel frame is there: 160 samples. */
function spaceOf({ id, unitCount, framesPerUnit }: PublishedS3, sha256: string): TokenSpace {
  const { sampleRateHz, hopSamples } = s3MelShape;
  return {
    id: `${id}#${fileFingerprint([sha256])}`,
    sampleRateHz,
    codebooks: [{ name: 'units', size: unitCount, hopSamples: framesPerUnit * hopSamples }],
    windowSamples: hopSamples,
    prefixDecodable: true,
  };
}

/** @throws SpeechTokensError `checkpoint-invalid` where the file is another model */
async function openS3(s3: PublishedS3, { models, ...context }: LoadContext): Promise<SpeechTokenizerV1> {
  const { threadCount, ...options } = context;
  const { path, sha256 } = await models.resolve(s3.file, options);
  options.signal?.throwIfAborted();
  const runtime = threadCount === undefined ? {} : { threadCount };
  const model = await openOnnxFile(path, runtime);
  try {
    checkNames(model);
    // Half a second of silence shows how many units a second it gives.
    const { bandCount } = s3MelShape;
    await unitsOf(model, new Float32Array(50 * bandCount), s3.framesPerUnit);
    const mel = await openWhisperMel(s3MelShape, (graph) =>
      openGraphSession(graph, { ...runtime, weightsDirectory: dirname(path) }),
    );
    return createS3Tokenizer({ tokenSpace: spaceOf(s3, sha256), framesPerUnit: s3.framesPerUnit, mel, model });
  } catch (error) {
    await model.close();
    throw error;
  }
}

function checkNames({ path, inputNames, outputNames }: OnnxFile): void {
  const isOne = ['feats', 'feats_length'].every((name) => inputNames.includes(name)) && outputNames.includes('indices');
  if (isOne) return;
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `${path} is no published S3Tokenizer`,
    found: `inputs ${inputNames.join(', ')}; outputs ${outputNames.join(', ')}`,
    wanted: 'inputs feats, feats_length; output indices',
    remedy: 'Use speech_tokenizer_v1.onnx or speech_tokenizer_v2.onnx as CosyVoice publishes them',
    details: { path },
  });
}
