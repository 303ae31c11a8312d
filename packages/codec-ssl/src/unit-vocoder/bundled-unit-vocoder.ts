/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: 21,
  units: [
    { count: 100, tokenSpaceId: 'ssl:units-50hz-k100' },
    { count: 200, tokenSpaceId: 'ssl:units-50hz-k200' },
    { count: 500, tokenSpaceId: 'ssl:units-50hz-k500' },
  ],
  configFile: { sha256: '', sizeBytes: 0 },
  weightsFile: { sha256: '', sizeBytes: 0 },
} as const;
