/**
 * Which packages of ours a package may import, by folder name below `packages/`. Everything else of ours is refused,
 * so that the arrows keep pointing one way: plugins never know each other, and `core` knows none of them.
 */
export const allowedImports: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'audio-files': ['core'],
  measures: ['core'],
  'onnx-graph': ['core'],
  'codec-rvq': ['core', 'onnx-graph'],
  'codec-ssl': ['core', 'onnx-graph'],
  'slm-runtime': ['core', 'onnx-graph'],
  'token-view': ['core', 'measures'],
  cli: ['core', 'audio-files', 'measures', 'onnx-graph', 'codec-rvq', 'codec-ssl', 'slm-runtime', 'token-view'],
  'vscode-ext': [
    'core',
    'audio-files',
    'measures',
    'onnx-graph',
    'codec-rvq',
    'codec-ssl',
    'slm-runtime',
    'token-view',
    'cli',
  ],
};

/** Entries whose whole import graph runs in a browser: nothing of Node.js is reachable from them. */
export const browserSafeEntries: readonly { readonly package: string; readonly entry: string }[] = [
  { package: 'core', entry: 'src/index.ts' },
  { package: 'measures', entry: 'src/index.ts' },
  { package: 'token-view', entry: 'src/index.ts' },
  { package: 'token-view', entry: 'src/browser.ts' },
];
