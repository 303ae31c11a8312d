/** What ships in models/speech-16khz. Written by scripts/install-speech-codec.ts: do not edit. */
export const bundledSpeechCodec = {
  sampleRateHz: 16000,
  hopSamples: 320,
  lookaheadSamples: 320,
  codebookCount: 8,
  codebookSize: 1024,
  configFile: {
    sha256: '5a8761bda14693b8bf64df550a80a2e0b2dcce6b4ea03ce4204cdada3a4eacd1',
    sizeBytes: 801,
  },
  weightsFile: {
    sha256: '02074aea9db591a53535e362e19efc1856213de6de207e85d9e8d9480ec8c488',
    sizeBytes: 11906548,
  },
} as const;
