/** What ships in models/small. Written by scripts/install-small.ts: do not edit. */
export const bundledSmall = {
  configFile: {
    sha256: '2f8a15f23aae8ec004ed55a39dbd2d340d8a7d8ac669b55b27f314fe5685681e',
    sizeBytes: 1262,
  },
  weightsFile: {
    sha256: 'b47fda39d1f8ee89157b5112a2955db76da2697aa1a97e1ad7c0adbd484f0471',
    sizeBytes: 17134264,
  },
} as const;
