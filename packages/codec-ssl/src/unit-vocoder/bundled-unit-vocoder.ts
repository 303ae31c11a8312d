/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: 21,
  configFile: {
    sha256: '951711a095a3598160318dfc2f5033a9c064efe139b1727bb410dae798ab8820',
    sizeBytes: 854,
  },
  weightsFile: {
    sha256: '2339e000acd96e9b3a7386e837dbdf05fecf0a4dfed051cece4e0dc34ed6aacf',
    sizeBytes: 10226520,
  },
} as const;
