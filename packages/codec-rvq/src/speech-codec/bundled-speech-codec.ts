/** What ships in models/speech-16khz. Written by scripts/install-speech-codec.ts: do not edit. */
export const bundledSpeechCodec = {
  sampleRateHz: 16000,
  hopSamples: 320,
  lookaheadSamples: 320,
  decoderLookaheadSamples: 320,
  codebookCount: 8,
  codebookSize: 1024,
  configFile: {
    sha256: '719f16b0944f8da9758b4898cf866e03369111239ba0328c18eee80c1c40db50',
    sizeBytes: 973,
  },
  weightsFile: {
    sha256: '41f0aeea322aa3987c7212f4a4fff9777a6cb8f3b40e2ff323123f7ef746560e',
    sizeBytes: 11237728,
  },
} as const;
