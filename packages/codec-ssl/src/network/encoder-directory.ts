import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';
import { checkpointFileNames } from '@speech-tokens/onnx-graph';
import type { EncoderFiles } from './open-network.ts';

export const configName = 'config.json';
export const preprocessorName = 'preprocessor_config.json';

/**
 * The files of an encoder in a folder, under the names that they have on the Hugging Face hub.
 * @throws SpeechTokensError `model-missing` that names what is not there
 */
export async function encoderFilesIn(directory: string): Promise<EncoderFiles> {
  const names = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    throw missing(directory, cause.code === 'ENOENT' ? 'No such folder' : cause.message);
  });
  const weights = checkpointFileNames.find((name) => names.includes(name));
  for (const [name, isThere] of [
    [configName, names.includes(configName)],
    [preprocessorName, names.includes(preprocessorName)],
    [checkpointFileNames.join(' or '), weights !== undefined],
  ] as const) {
    if (!isThere) throw missing(join(directory, name), 'It is not in the folder');
  }
  return {
    configPath: join(directory, configName),
    preprocessorPath: join(directory, preprocessorName),
    weightsPath: join(directory, weights!),
  };
}

function missing(path: string, found: string): SpeechTokensError<'model-missing'> {
  return new SpeechTokensError('model-missing', {
    problem: `A file of the encoder is missing: ${path}`,
    found,
    wanted: `a folder with ${configName}, ${preprocessorName} and ${checkpointFileNames.join(' or ')}`,
    remedy: 'Download all of these from the repository of the model on the Hugging Face hub into one folder',
    details: { path },
  });
}
