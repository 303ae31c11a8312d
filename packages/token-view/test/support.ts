import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRandom, type TokenGrid } from '@speech-tokens/core';
import type { Report } from '../src/report/index.ts';

/** The page's script, built as the package builds it. */
export async function buildPageScript(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'page-script-'));
  try {
    const path = join(folder, 'page-script.js');
    const build = fileURLToPath(new URL('../build-page-script.mjs', import.meta.url));
    await promisify(execFile)(process.execPath, [build, path]);
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Two seconds of a tone that comes and goes, with bursts of noise 40 times a second, and tokens of two tokenizers with different clocks. */
export function sampleReport(change: Partial<Report> = {}): Report {
  const sampleRateHz = 16_000;
  const random = createRandom('report');
  const tone = (hz: number): Float32Array =>
    Float32Array.from({ length: 2 * sampleRateHz }, (_, n) => {
      const loudness = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / sampleRateHz);
      const burst = n % 400 < 40 ? 0.1 * random.nextGaussian() : 0;
      return 0.5 * loudness * Math.sin((2 * Math.PI * hz * n) / sampleRateHz) + burst;
    });
  const grid = (id: string, hops: readonly number[]): TokenGrid => ({
    tokenSpace: {
      id,
      sampleRateHz,
      codebooks: hops.map((hopSamples, k) => ({ name: `codebook-${k}`, size: 512, hopSamples })),
      prefixDecodable: true,
    },
    startSample: 0,
    sampleCount: 2 * sampleRateHz,
    tracks: hops.map((hop) => ({
      ids: Uint32Array.from({ length: (2 * sampleRateHz) / hop }, () => random.nextInteger(512)),
    })),
  });
  return {
    title: 'tone.wav',
    facts: ['2.00 s', '16 kHz', 'mono'],
    recording: { sampleRateHz, channels: [tone(440)] },
    tokens: [
      {
        title: 'test:coarse',
        about: '50 a second',
        grid: grid('test:coarse', [320, 320]),
        decoded: { sampleRateHz, channels: [tone(220)] },
        figures: [['SI-SDR', '3.00 dB']],
      },
      { title: 'test:fine', grid: grid('test:fine', [640, 160]) },
    ],
    ...change,
  };
}
