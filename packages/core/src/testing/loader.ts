/** Loads what is checked: one instance that the checks share, and others for the checks that ask for more. */
export interface Loader<Loaded> {
  /** The shared instance, loaded on first use. Rejects every time once loading has failed. */
  get(): Promise<Loaded>;
  /** One more instance; `closeOthers` closes it. */
  another(): Promise<Loaded>;
  closeOthers(): Promise<void>;
  /** Closes the shared instance; the next `get` loads a new one. */
  drop(): Promise<void>;
}

/** An instance that hangs must not stop the run for good. */
const closePatienceMs = 10_000;

/** @param close frees an instance; that it may fail is for its own check to report */
export function createLoader<Loaded>(
  load: () => Promise<Loaded>,
  close: (loaded: Loaded) => Promise<void>,
): Loader<Loaded> {
  let shared: Promise<Loaded> | undefined;
  let others: Loaded[] = [];
  const closeQuietly = async (loaded: Loaded): Promise<void> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closePatienceMs);
    });
    try {
      await Promise.race([close(loaded), patience]);
    } catch {
      // `close-twice` and `use-after-close` fail with it; here the others go on.
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    get() {
      shared ??= load();
      return shared;
    },
    async another() {
      const loaded = await load();
      others.push(loaded);
      return loaded;
    },
    async closeOthers() {
      const closing = others;
      others = [];
      for (const loaded of closing) await closeQuietly(loaded);
    },
    async drop() {
      const closing = shared;
      shared = undefined;
      const loaded = await closing?.catch(() => undefined);
      if (loaded !== undefined) await closeQuietly(loaded);
    },
  };
}
