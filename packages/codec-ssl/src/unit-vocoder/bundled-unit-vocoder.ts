/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: 21,
  units: [
    { count: 100, tokenSpaceId: 'ssl:units-50hz-k100' },
    { count: 200, tokenSpaceId: 'ssl:units-50hz-k200' },
    { count: 500, tokenSpaceId: 'ssl:units-50hz-k500' },
  ],
  configFile: {
    sha256: 'c4effdda19e5477c674d9ea11015ca510581745a74d526177a49e658b620c6ae',
    sizeBytes: 815,
  },
  weightsFile: {
    sha256: 'f407d240fd5d7d221adba26eeb9fbaa5b87154b433ca4a665ee50103763ae238',
    sizeBytes: 10226520,
  },
} as const;
