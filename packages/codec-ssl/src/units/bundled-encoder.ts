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
      sha256: 'f3493a4b21cd643242861bcb93f8467fbbed36673661b5dc840241ba4fa03759',
      sizeBytes: 12065544,
    },
  },
  centroids: [
    {
      unitCount: 100,
      sha256: '34d6913ce448cc7d6278edc9594f48563442520f165db31b35725d440fa46a1b',
      sizeBytes: 45800,
    },
    {
      unitCount: 200,
      sha256: '2cda523d8f704a11381f76ec3d0aa5cfa92bb6650e3cc8c9bc5f9ce75930352b',
      sizeBytes: 58600,
    },
    {
      unitCount: 500,
      sha256: 'f12b6195b049e0e4d4715cbcd083f0a0ed50e18e7124897a14a5fb8ca2633843',
      sizeBytes: 97000,
    },
  ],
} as const;
