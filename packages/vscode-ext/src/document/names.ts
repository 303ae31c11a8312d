/** Endings of the files that the editor opens. */
export const recordingEndings: readonly string[] = ['wav', 'flac', 'mp3', 'ogg', 'opus', 'aiff', 'aif'];
export const tokensEnding = 'tokens.safetensors';

/** The name of an exported selection: `speech.wav`, 1.5 s to 2 s, csv → `speech.1500-2000ms.csv`. */
export function exportName(
  fileName: string,
  { startSeconds, endSeconds }: { readonly startSeconds: number; readonly endSeconds: number },
  ending: string,
): string {
  const stem = fileName.replace(/\.tokens\.safetensors$/i, '').replace(/\.[^.]+$/, '') || fileName;
  const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(0);
  return `${stem}.${milliseconds(startSeconds)}-${milliseconds(endSeconds)}ms.${ending}`;
}
