import { defineConfig } from 'vitest/config';

// Packages are tested from their sources: the condition below resolves every workspace import to `src`, so no build is needed.
export default defineConfig({
  resolve: { conditions: ['@speech-tokens/source'] },
  ssr: { resolve: { conditions: ['@speech-tokens/source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'tools/*/{src,test}/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Threads that the packages start find each other's sources too.
    execArgv: ['--conditions=@speech-tokens/source'],
    // ONNX Runtime would send usage data to its maker from every test run.
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
