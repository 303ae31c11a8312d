/** What ships in models/units-50hz. Written by scripts/install-units.ts: do not edit. */
export const bundledEncoder = {
  layer: 6,
  hopSamples: 320,
  windowSamples: 560,
  files: {
    config: {
      sha256: '7e72e180ec78efd4c275dfd7db0dff1db756563220e0bcb293c445a1361e15ec',
      sizeBytes: 414,
    },
    preprocessor: {
      sha256: '915f1b5dfa3afa7170f6e23589bdf9eff7c53613092cedd7ae604c56d4176940',
      sizeBytes: 231,
    },
    weights: {
      sha256: 'bf8a5c9b2673b8fd242c13a8a07a3d1fc429800360abd3eade296ca14630ac87',
      sizeBytes: 12065544,
    },
  },
  centroids: [
    {
      unitCount: 100,
      sha256: 'ab6e3cf5bea3b54ad0c08dbb8baa6ed36efdb9b3c247c3ec3fc9b220f33b8119',
      sizeBytes: 45800,
    },
    {
      unitCount: 200,
      sha256: 'e722ce0f79b6425d332b2410a37eae8fe2c1a2d5faf0e29e104c7962634350cb',
      sizeBytes: 58600,
    },
    {
      unitCount: 500,
      sha256: '4729488e5fa8254e729002989a0ce5b808d9833af552b04989cb6b861d574e8a',
      sizeBytes: 97000,
    },
  ],
} as const;
