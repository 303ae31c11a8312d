export { type EcdcHeader, readEcdcHeader } from './ecdc-header.ts';
export { type ReadEcdcOptions, readEcdc } from './read-ecdc.ts';
export { writeEcdc } from './write-ecdc.ts';
