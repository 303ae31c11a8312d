import { apiGate } from './api/snapshots.ts';
import type { Gate } from './gate.ts';
import { boundariesGate } from './imports/boundaries.ts';
import { browserSafeGate } from './imports/browser-safe.ts';
import { browserTypesGate } from './imports/browser-types.ts';
import { packageManifestsGate } from './packages/package-manifests.ts';
import { contentsGate } from './packed/contents.ts';
import { publintGate } from './packed/publint.ts';
import { quickStartGate } from './packed/quick-start.ts';
import { typesGate } from './packed/types-wrong.ts';
import { catalogGate } from './repository/catalog.ts';
import { changesetsGate } from './repository/changesets.ts';
import { fileLengthsGate } from './repository/file-lengths.ts';
import { knipGate } from './repository/knip.ts';
import { machinePathsGate } from './repository/machine-paths.ts';
import { sherifGate } from './repository/sherif.ts';

/** Quick ones first. */
export const gates: readonly Gate[] = [
  packageManifestsGate,
  catalogGate,
  sherifGate,
  changesetsGate,
  boundariesGate,
  browserSafeGate,
  browserTypesGate,
  machinePathsGate,
  fileLengthsGate,
  knipGate,
  apiGate,
  contentsGate,
  publintGate,
  typesGate,
  quickStartGate,
];
