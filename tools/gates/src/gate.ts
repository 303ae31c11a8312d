import type { PackedPackage } from './packed/pack.ts';
import type { Workspace } from './workspace.ts';

/** Something that a gate found. An error fails the gate; a warning is only shown. */
export interface Finding {
  readonly level: 'error' | 'warning';
  /** A file or a package, from the root of the repository. */
  readonly where: string;
  /** What was found, what was wanted, what to do. */
  readonly message: string;
}

export interface GateContext {
  readonly workspace: Workspace;
  /** Accept what is there as the new expectation, where a gate compares with a committed file. */
  readonly update: boolean;
  /** The public packages as they would be published; packed once for all gates that ask. */
  packed(): Promise<readonly PackedPackage[]>;
}

export interface Gate {
  readonly name: string;
  /** What it checks, in a few words. */
  readonly title: string;
  /** True where it needs the npm registry or much time: it runs with `--packed` only. */
  readonly slow?: boolean;
  run(context: GateContext): Promise<readonly Finding[]>;
}

export function error(where: string, message: string): Finding {
  return { level: 'error', where, message };
}

export function warning(where: string, message: string): Finding {
  return { level: 'warning', where, message };
}
