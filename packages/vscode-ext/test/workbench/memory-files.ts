import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';

/** Files in no folder of the disk, at `memory:/`: an extension that gives them to the workbench. */
export async function packageMemoryFiles(
  scratch: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const folder = join(scratch, 'memory-files');
  await mkdir(folder);
  const manifest = {
    name: 'memory-files',
    publisher: 'test',
    version: '1.0.0',
    engines: { vscode: '^1.101.0' },
    activationEvents: ['onFileSystem:memory'],
    main: './main.js',
    capabilities: { virtualWorkspaces: true, untrustedWorkspaces: { supported: true } },
  };
  const contents = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'main.js'), `const files = new Map(${JSON.stringify(contents)});\n${provider}`);
  const packagePath = join(scratch, 'memory-files.vsix');
  const quiet = { allowMissingRepository: true, skipLicense: true };
  await createVSIX({ cwd: folder, packagePath, dependencies: false, ...quiet });
  return packagePath;
}

const provider = `
const { EventEmitter, FileSystemError, FileType, workspace } = require('vscode');
const bytesOf = (uri) => {
  const text = files.get(uri.path.slice(1));
  if (text === undefined) throw FileSystemError.FileNotFound(uri);
  return Buffer.from(text, 'base64');
};
const refuse = (uri) => { throw FileSystemError.NoPermissions(uri); };
exports.activate = (context) => {
  context.subscriptions.push(workspace.registerFileSystemProvider('memory', {
    onDidChangeFile: new EventEmitter().event,
    watch: () => ({ dispose() {} }),
    stat: (uri) => uri.path === '/'
      ? { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 }
      : { type: FileType.File, ctime: 0, mtime: 0, size: bytesOf(uri).length },
    readDirectory: () => [...files.keys()].map((name) => [name, FileType.File]),
    readFile: bytesOf,
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  }, { isReadonly: true }));
};
`;
