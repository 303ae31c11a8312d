/** What ships in models/small. Written by scripts/install-small.ts: do not edit. */
export const bundledSmall = {
  configFile: {
    sha256: '848b1131ac0d33f9fde6a16867d09324a7aab9da358313348374afdc0e187a43',
    sizeBytes: 1262,
  },
  weightsFile: {
    sha256: 'a944e1d92bc361020d1d68736dca5899d8a53e1e5642ceb2d36719fdc5d26056',
    sizeBytes: 17134264,
  },
} as const;
