/** What ships in models/small. Written by scripts/install-small.ts: do not edit. */
export const bundledSmall = {
  configFile: {
    sha256: 'f7e826410ddd2930347e6c59022b7b8f0c12e3dd316dc2d1b829ef6f4921aa8e',
    sizeBytes: 1262,
  },
  weightsFile: {
    sha256: '45b46920840077d6344bfc3a6286e5580e20301487ecbe738ac854d102311d99',
    sizeBytes: 17134264,
  },
} as const;
