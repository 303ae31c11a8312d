import { type CacheLayout, cacheLayout } from './cache-layout.ts';
import { createFileRecords, type FileRecords } from './file-records.ts';
import { createPins, type Pins } from './pins.ts';
import type { StoreSettings } from './store-options.ts';

/** What the parts of a store share. */
export interface StoreParts {
  readonly settings: StoreSettings;
  readonly layout: CacheLayout;
  readonly records: FileRecords;
  readonly pins: Pins;
}

export function createStoreParts(settings: StoreSettings): StoreParts {
  const layout = cacheLayout(settings.cacheDirectory);
  return {
    settings,
    layout,
    records: createFileRecords(layout.recordsDirectory),
    pins: createPins(layout, settings.lock),
  };
}
