/** What ships in models/units-50hz. Written by scripts/install-units.ts: do not edit. */
export const bundledEncoder = {
  layer: 4,
  hopSamples: 320,
  windowSamples: 560,
  files: {
    config: {
      sha256: 'ca135a9e7e1d536d9d16d576a61a22dd091774a14f83b9e71fc6f28b0881dae1',
      sizeBytes: 414,
    },
    preprocessor: {
      sha256: '915f1b5dfa3afa7170f6e23589bdf9eff7c53613092cedd7ae604c56d4176940',
      sizeBytes: 231,
    },
    weights: {
      sha256: 'fd8ae70e82daaa74c8cf02e7fd06ac358fce00812edf19dd578b7ecfad4d6703',
      sizeBytes: 8071680,
    },
  },
  centroids: [
    {
      unitCount: 100,
      sha256: 'a86d5e0538ab3903f8c0b0cd8a7dfa3371677651400a28086a86e83555b7e4a3',
      sizeBytes: 102560,
    },
    {
      unitCount: 200,
      sha256: 'c2d343a06ff2bfca0e7f291b541e6e066c3502ca254af5ee61f4428b0bae0747',
      sizeBytes: 204960,
    },
    {
      unitCount: 500,
      sha256: '56fdb17df981cc10f5dda4dd355b61ab7e5241a1d3cca27324886918389dd2fb',
      sizeBytes: 512160,
    },
  ],
} as const;
