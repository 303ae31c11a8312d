/** What ships in models/small. Written by scripts/install-small.ts: do not edit. */
export const bundledSmall = {
  configFile: {
    sha256: '0c168fea3a2e0accc871e82f9f105b476d9f3da0915f926394338c76274b653e',
    sizeBytes: 1262,
  },
  weightsFile: {
    sha256: '1cd7cc67cd4d18be81913f961d3ef0e526c2b6ea521f49462154212269757315',
    sizeBytes: 17134264,
  },
} as const;
