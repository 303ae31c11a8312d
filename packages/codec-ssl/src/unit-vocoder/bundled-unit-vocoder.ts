/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: 21,
  configFile: {
    sha256: 'b7fab38f514fa86413c8689775467829ca4ca17d8dcc48347a3a69c41ffbd4a9',
    sizeBytes: 854,
  },
  weightsFile: {
    sha256: 'cd697228bd055dae612b06678ee36d535ac4476b9f9571755cfdf55f1989e6e6',
    sizeBytes: 10226520,
  },
} as const;
