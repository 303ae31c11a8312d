/** What ships in models/units-50hz. Written by scripts/install-units.ts: do not edit. */
export const bundledEncoder = {
  layer: 5,
  hopSamples: 320,
  windowSamples: 560,
  files: {
    config: {
      sha256: 'a9214751fc57f82191b21d100095d65e4178e3c5f5d472959f6d4071e1a2dd54',
      sizeBytes: 414,
    },
    preprocessor: {
      sha256: '915f1b5dfa3afa7170f6e23589bdf9eff7c53613092cedd7ae604c56d4176940',
      sizeBytes: 231,
    },
    weights: {
      sha256: '7b9d918ac6c05e3487d5c97d001e99d35fb533ab6ef11e983d64755431b460f0',
      sizeBytes: 12695224,
    },
  },
  centroids: [
    {
      unitCount: 100,
      sha256: 'be15a7daefabc5afd1c2080774bbeabb4a59ea4ef378692a1c840d418fcdadec',
      sizeBytes: 102512,
    },
    {
      unitCount: 200,
      sha256: '363c681aa75e46817eca3beaa2257ecbb50bc19f952f9d4c1107a88a29df81e4',
      sizeBytes: 204912,
    },
    {
      unitCount: 500,
      sha256: 'df47c77afc23172d035e0b21dcd8212c67c90b23a0e21d3302cec5fddfd1f0de',
      sizeBytes: 512112,
    },
  ],
} as const;
