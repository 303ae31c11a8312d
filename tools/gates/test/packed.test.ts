import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { firstDifference } from '../src/api/first-difference.ts';
import { checkApi, snapshotName } from '../src/api/snapshots.ts';
import { checkContents } from '../src/packed/contents.ts';
import type { PackedPackage } from '../src/packed/pack.ts';
import { lintPacked } from '../src/packed/publint.ts';
import { checkPackedTypes } from '../src/packed/types-wrong.ts';
import type { Manifest } from '../src/workspace.ts';
import { goodManifest, temporaryWorkspace } from './temporary-tree.ts';

const goodFiles: Readonly<Record<string, string>> = {
  'README.md': '# One',
  LICENSE: 'text',
  'dist/index.js': "export { a } from './a.js';\n",
  'dist/index.d.ts': "export { a } from './a.ts';\n",
  'dist/a.js': 'export const a = 1;\n',
  'dist/a.d.ts': 'export declare const a: number;\n',
};

/** As pnpm packs it: the fields of `publishConfig` have taken their places. */
function packed(
  files: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, unknown>> = {},
): PackedPackage {
  const manifest = goodManifest('one', changes) as Manifest;
  const published = { ...manifest, exports: manifest.publishConfig?.exports };
  const all = { ...files, 'package.json': JSON.stringify(published) };
  return {
    package: { name: manifest.name, folder: '', path: 'packages/one', manifest },
    tarball: '',
    bytes: tarball(all),
    files: Object.keys(all),
  };
}

/** A `.tgz` of small text files below `package/`. */
function tarball(files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(`package/${name}`, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return new Uint8Array(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
}

test('a good package passes every gate', async () => {
  const one = packed(goodFiles);
  expect(checkContents(one)).toEqual([]);
  expect((await lintPacked(one)).filter(({ level }) => level === 'error')).toEqual([]);
  expect(await checkPackedTypes(one)).toEqual([]);
});

test.each([
  ['README.md', { 'README.md': undefined }],
  ['src/index.ts', { 'src/index.ts': '' }],
  ['dist/a.test.js', { 'dist/a.test.js': '' }],
  ['./dist/index.d.ts', { 'dist/index.d.ts': undefined }],
])('contents: %s is found', (part, changes: Readonly<Record<string, string | undefined>>) => {
  const files = Object.fromEntries(
    Object.entries({ ...goodFiles, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  expect(
    checkContents(packed(files))
      .map(({ message }) => message)
      .join('\n'),
  ).toContain(part);
});

test('publint finds CommonJS in a package of ES modules', async () => {
  const findings = await lintPacked(packed({ ...goodFiles, 'dist/index.js': "module.exports = require('./a.js');\n" }));
  expect(findings.filter(({ level }) => level === 'error')).not.toEqual([]);
});

test('types that lead nowhere are found', async () => {
  const findings = await checkPackedTypes(
    packed({ ...goodFiles, 'dist/index.d.ts': "export { a } from './gone.ts';\n" }),
  );
  expect(findings).not.toEqual([]);
});

test('a package without types is found', async () => {
  const exports = { '.': { default: './dist/index.js' } };
  const { 'dist/index.d.ts': _, 'dist/a.d.ts': __, ...files } = goodFiles;
  expect(await checkPackedTypes(packed(files, { publishConfig: { access: 'public', exports } }))).not.toEqual([]);
});

test('a change of the API is found until it is accepted', async () => {
  const tree = (declaration: string) => ({
    'packages/one/package.json': goodManifest('one'),
    'packages/one/dist/index.d.ts': "export { a } from './a.ts';\nexport type { Shape } from './a.ts';\n",
    'packages/one/dist/a.d.ts': declaration,
  });
  const before =
    'interface Base {\n  x: number;\n}\n/** Old words. */\nexport interface Shape extends Base {}\nexport declare const a: Shape;\n';
  const workspace = await temporaryWorkspace(tree(before));
  const [one] = workspace.packages;
  if (one === undefined) throw new Error('the tree has a package');
  expect(await checkApi(one, false)).toMatchObject([{ where: 'packages/one/api/index.api.md' }]);
  expect(await checkApi(one, true)).toEqual([]);
  expect(await checkApi(one, false)).toEqual([]);

  const { writeFile } = await import('node:fs/promises');
  const declarations = join(one.folder, 'dist', 'a.d.ts');
  await writeFile(declarations, before.replace('Old words.', 'New words.'));
  expect(await checkApi(one, false), 'a change of words is no change of the API').toEqual([]);
  await writeFile(declarations, before.replace('x: number', 'x: string'));
  const [finding] = await checkApi(one, false);
  expect(finding?.message, 'also in what an export stands on').toMatch(/- +x: number;(.|\n)*\+ +x: string;/);

  await writeFile(join(one.folder, 'api', 'gone.api.md'), '');
  expect((await checkApi(one, false)).map(({ where }) => where)).toContain('packages/one/api/gone.api.md');
});

test('names of snapshots', () => {
  expect(['.', './testing', './a/b'].map(snapshotName)).toEqual(['index.api.md', 'testing.api.md', 'a-b.api.md']);
});

test('the first difference shows what went and what came', () => {
  expect(firstDifference('a\nb\nc\nd', 'a\nb\nx\nd', 1)).toBe('@@ line 3 @@\n  b\n- c\n+ x');
});
