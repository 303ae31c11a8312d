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
      sha256: 'fc3d3f7b26830f4a5d34a835929264069a3092716d11c7199149a296b9d2c9ea',
      sizeBytes: 12065544,
    },
  },
  centroids: [
    {
      unitCount: 100,
      sha256: 'db54a603f022c9893390b70997b943cdf6043f874e18ff077caee9ba5de9cb9b',
      sizeBytes: 45800,
    },
    {
      unitCount: 200,
      sha256: '8f6f9a4e5a974f88aefc57e0c3a458afced82c12601769b829c6785400a1ae0d',
      sizeBytes: 58600,
    },
    {
      unitCount: 500,
      sha256: 'deaa4094543e6e7205ee8955d1c5649e1d9cbdcd648b376f49e2185c5f44a5d1',
      sizeBytes: 97000,
    },
  ],
} as const;
