import { join, sep } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheLayout, checkHubSource } from './cache-layout.ts';

const layout = cacheLayout(join(sep, 'cache'));

function isAccepted(file: string): boolean {
  try {
    checkHubSource({ repository: 'a/b', revision: 'main', file });
    return true;
  } catch {
    return false;
  }
}

test('a name that is accepted stays in its folder and keeps its parts', () => {
  const piece = fc.oneof(
    fc.constantFrom('..', '.', '', 'a', 'nul', 'a.', '\\..', '/', 'x:y', '\0', '%2e%2e'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), (pieces) => {
      const file = pieces.join('/');
      if (!isAccepted(file)) return;
      const path = layout.hubFile('a/b', 'c'.repeat(40), file);
      expect(path).toBe([join(sep, 'cache', 'hub', 'a--b'), 'c'.repeat(40), ...file.split('/')].join(sep));
    }),
  );
});

test('ordinary names are accepted', () => {
  for (const file of ['model.safetensors', 'onnx/model_q4.onnx_data', '.gitattributes', 'a b/ü.bin', '%2e%2e']) {
    expect(isAccepted(file), file).toBe(true);
  }
});

test('any address gets a file in a folder of its own', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
      const parts = layout.httpsFile(new URL(url).href).split(sep);
      expect(parts.slice(0, 3)).toEqual(['', 'cache', 'https']);
      expect(parts).toHaveLength(5);
      expect(parts[3]).toMatch(/^[0-9a-f]{32}$/);
      expect(['', '.', '..']).not.toContain(parts[4]);
    }),
    { numRuns: 30 },
  );
  expect(layout.httpsFile('https://a.b/..%2f..%2fetc')).toMatch(/file$/);
  expect(layout.httpsFile('https://a.b/x.bin?v=1')).not.toBe(layout.httpsFile('https://a.b/x.bin?v=2'));
});
