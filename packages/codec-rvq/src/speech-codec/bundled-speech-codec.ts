/** What ships in models/speech-16khz. Written by scripts/install-speech-codec.ts: do not edit. */
export const bundledSpeechCodec = {
  sampleRateHz: 16000,
  hopSamples: 320,
  lookaheadSamples: 320,
  decoderLookaheadSamples: 320,
  codebookCount: 8,
  codebookSize: 1024,
  configFile: {
    sha256: '4d8715676a5feb4c0ba12ed6ad884e585bb5ec8fd185971b90e314ab9e330898',
    sizeBytes: 801,
  },
  weightsFile: {
    sha256: 'c13c0d157c52fdbcaefa9e8b30099d85a1b76677efbd694aaced2e77d0a246eb',
    sizeBytes: 11906548,
  },
} as const;
