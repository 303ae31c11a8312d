import { type Disposable, FileType, RelativePattern, Uri, workspace } from 'vscode';
import type { FileChange } from './editor-methods.ts';

/** A file that is being written changes many times: it is looked at when nothing has happened for so long, … */
const restMilliseconds = 500;

/** … and where it does not rest, so often. */
const mostMilliseconds = 5000;

/**
 * Tells when the content of a file is another one, or there is no file any more. It is also looked at without being told: a
 * watcher takes a while to begin, and on some disks of other machines it never tells.
 */
export function watchFile(uri: Uri, onChange: (change: FileChange) => void): Disposable {
  // Names may hold what means something in a pattern, so the folder is watched.
  const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(uri, '..'), '*'));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let firstAt: number | undefined;
  let known = stateOf(uri);

  const look = async (): Promise<void> => {
    firstAt = undefined;
    const [before, now] = [known, stateOf(uri)];
    known = now;
    if ((await now) !== (await before)) onChange((await now) === undefined ? 'deleted' : 'changed');
  };
  const notice = (changed: Uri): void => {
    if (changed.toString() !== uri.toString()) return;
    firstAt ??= Date.now();
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(0, Math.min(restMilliseconds, firstAt + mostMilliseconds - Date.now())));
  };
  const watch = setInterval(look, mostMilliseconds);
  const listeners = [watcher.onDidChange(notice), watcher.onDidCreate(notice), watcher.onDidDelete(notice)];
  return {
    dispose() {
      clearTimeout(timer);
      clearInterval(watch);
      for (const { dispose } of [...listeners, watcher]) dispose();
    },
  };
}

/** Size and time of the last change; `undefined` where there is no such file. */
async function stateOf(uri: Uri): Promise<string | undefined> {
  try {
    const { type, size, mtime } = await workspace.fs.stat(uri);
    return (type & FileType.File) === 0 ? undefined : `${size} ${mtime}`;
  } catch {
    return undefined;
  }
}
