export { type FileHashes, type HashFileOptions, hashFile } from './file-hash.ts';
export { type FileSource, fileHandleSource, openFileSource } from './file-source.ts';
export { openPartialFile, type PartialFile } from './partial-file.ts';
export { writeFileAtomically } from './write-file-atomically.ts';
