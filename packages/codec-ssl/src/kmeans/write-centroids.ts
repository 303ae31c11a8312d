import { mkdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { buildSafetensorsHeader } from '@speech-tokens/core';
import { writeFileAtomically } from '@speech-tokens/core/node/files';
import type { FeatureEncoder } from '../features/feature-encoder.ts';
import type { UnitsConfig } from '../units/units-config.ts';
import type { KmeansFit } from './kmeans-trainer.ts';

/** What a file of centroids says of where they come from. */
export interface CentroidOrigin {
  /** Whose features they are; its `id` is the fingerprint that is written. */
  readonly encoder: Pick<FeatureEncoder, 'id' | 'name' | 'layer'>;
  readonly seed: string | number;
}

/**
 * Writes centroids as a safetensors file, which `readCentroids` reads: `centroids`, float32 [clusters, width], and
 * metadata: `encoder`, `encoder_fingerprint`, `layer`, `clusters`, `frames`, `frames_seen`, `inertia`, `iterations`, `seed`.
 * @throws SpeechTokensError `file-write`
 */
export async function writeCentroids(path: string, fit: KmeansFit, { encoder, seed }: CentroidOrigin): Promise<void> {
  const { values, count, width } = fit.centroids;
  const metadata = {
    encoder: encoder.name,
    encoder_fingerprint: encoder.id,
    layer: encoder.layer,
    clusters: count,
    frames: fit.frameCount,
    frames_seen: fit.seenFrameCount,
    inertia: fit.inertia,
    iterations: fit.iterations,
    seed,
  };
  const header = buildSafetensorsHeader(
    [{ name: 'centroids', dtype: 'F32', shape: [count, width] }],
    new Map(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
  );
  await writeFileAtomically(path, async (sink) => {
    await sink.write(header.bytes);
    await sink.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  });
}

export interface UnitsFolderOptions extends CentroidOrigin {
  /** The folder of the encoder; `units.json` points to it by a relative path. */
  readonly encoderDirectory: string;
  /** As it was given to `openFeatureEncoder`. */
  readonly normalizeWaveform?: boolean;
  /** As it was given to `openFeatureEncoder`. */
  readonly padToChunk?: boolean;
}

/** Where the folder of units has its centroids. */
const unitsCentroidsName = 'centroids.safetensors';

/**
 * Writes a folder for `ssl:units`: the centroids, then a `units.json` that names them.
 * @throws SpeechTokensError `file-write`
 */
export async function writeUnitsFolder(folder: string, fit: KmeansFit, options: UnitsFolderOptions): Promise<void> {
  const { encoder, encoderDirectory, normalizeWaveform, padToChunk } = options;
  await mkdir(folder, { recursive: true });
  await writeCentroids(join(folder, unitsCentroidsName), fit, options);
  const config: UnitsConfig = {
    layer: encoder.layer,
    encoder: relative(resolve(folder), resolve(encoderDirectory)).split(sep).join('/') || '.',
    centroids: unitsCentroidsName,
    ...(normalizeWaveform === undefined ? {} : { normalizeWaveform }),
    ...(padToChunk === undefined ? {} : { padToChunk }),
  };
  await writeFileAtomically(join(folder, 'units.json'), async (sink) => {
    await sink.write(new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
  });
}
