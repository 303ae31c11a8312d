/** One thing that was looked at. */
export interface Finding {
  /** Stable, for example `node`. */
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warning' | 'problem';
  /** What was found. */
  readonly found: string;
  /** What to do about it; present unless all is well. */
  readonly remedy?: string;
}

export function ok(id: string, title: string, found: string): Finding {
  return { id, title, status: 'ok', found };
}

export function warning(id: string, title: string, found: string, remedy: string): Finding {
  return { id, title, status: 'warning', found, remedy };
}

export function problem(id: string, title: string, found: string, remedy: string): Finding {
  return { id, title, status: 'problem', found, remedy };
}
