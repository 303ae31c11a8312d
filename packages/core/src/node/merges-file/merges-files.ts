import { buildMergesFile, type MergesFile, readMergesFile } from '../../byte-pairs/merges-file.ts';
import type { CallOptions } from '../../contract/call-options.ts';
import { openFileSource } from '../files/file-source.ts';
import { writeFileAtomically } from '../files/write-file-atomically.ts';

/**
 * Reads byte pair merges from a merges file on disk.
 * @throws SpeechTokensError `file-read`, `merges-invalid`
 */
export async function readMergesFileAt(path: string, options: Pick<CallOptions, 'signal'> = {}): Promise<MergesFile> {
  await using source = await openFileSource(path);
  return await readMergesFile(source, options);
}

/**
 * Writes byte pair merges to a merges file on disk, which appears under its name when it is whole.
 * @returns its size in bytes
 * @throws SpeechTokensError `file-write`, `merges-invalid`
 */
export async function writeMergesFile(path: string, file: MergesFile): Promise<number> {
  const bytes = buildMergesFile(file);
  await writeFileAtomically(path, (sink) => sink.write(bytes));
  return bytes.byteLength;
}
