/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: 21,
  configFile: {
    sha256: '4a874320f42c111332e452e8901ba64456c4acab5dd959ec5b34dcae182ee2c0',
    sizeBytes: 854,
  },
  weightsFile: {
    sha256: '88a62b1d69a87537b99dee13ff2ac0bd87b6a71e96919d24b7799f7b93978de3',
    sizeBytes: 10226520,
  },
} as const;
