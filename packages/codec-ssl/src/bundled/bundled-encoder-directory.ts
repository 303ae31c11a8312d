import { fileURLToPath } from 'node:url';

/**
 * The folder of the encoder that ships with this package, for `openFeatureEncoder`: centroids and features of one's own
 * without a download. Its units are those of layer 6, its last.
 */
export const bundledEncoderDirectory: string = fileURLToPath(new URL('../../models/units-50hz/', import.meta.url));
