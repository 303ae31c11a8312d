import { Uri, window, workspace } from 'vscode';
import { t } from '../texts/index.ts';

/** Asks where to save, and does. @returns the name it was given; `null` where the user did not want it */
export async function saveAs(
  besides: Uri,
  name: string,
  kind: string,
  bytes: () => Promise<Uint8Array>,
): Promise<string | null> {
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const target = await window.showSaveDialog({
    defaultUri: Uri.joinPath(besides, '..', name),
    filters: { [kind]: [ending] },
    title: t('Export'),
  });
  if (target === undefined) return null;
  await workspace.fs.writeFile(target, await bytes());
  return target.path.slice(target.path.lastIndexOf('/') + 1);
}
