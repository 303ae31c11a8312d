/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: 21,
  configFile: {
    sha256: '951711a095a3598160318dfc2f5033a9c064efe139b1727bb410dae798ab8820',
    sizeBytes: 854,
  },
  weightsFile: {
    sha256: 'a72bedfc3ac7394d5923eb11716ac2ecb4ba616126081853fe28ca3452eeed48',
    sizeBytes: 10226520,
  },
} as const;
