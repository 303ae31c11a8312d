import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shared = process.env.SPEECH_TOKENS_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));

/** The folder of the authors' three files, which are not in the repository. */
export const lyraDirectory: string = join(shared, 'weights', 'lyra-v2');
export const isLyraThere: boolean = existsSync(join(lyraDirectory, 'lyragan.tflite'));
/** For the titles of tests. */
export const whenLyraIsThere = '(skipped without SPEECH_TOKENS_SHARED or ../shared)';
