/** What ships in models/small. Written by scripts/install-small.ts: do not edit. */
export const bundledSmall = {
  configFile: {
    sha256: '848b1131ac0d33f9fde6a16867d09324a7aab9da358313348374afdc0e187a43',
    sizeBytes: 1262,
  },
  weightsFile: {
    sha256: '45b46920840077d6344bfc3a6286e5580e20301487ecbe738ac854d102311d99',
    sizeBytes: 17134264,
  },
} as const;
