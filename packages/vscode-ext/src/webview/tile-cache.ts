export interface TileCacheOptions<Tile> {
  /** Reads a tile; the signal aborts when it is not wanted any more. */
  load(key: string, signal: AbortSignal): Promise<Tile>;
  bytesOf(tile: Tile): number;
  /** Beyond that, the tiles whose last use is longest ago go, except for those that are wanted. */
  readonly mostBytes: number;
  /** More is here than before. */
  onMore(): void;
}

/** Parts of pictures that are made elsewhere when they are in view. */
export interface TileCache<Tile> {
  /**
   * Those of the wanted tiles that are here, in the same order. The others are loaded, first things first; what is on its way
   * and not wanted any more is cancelled.
   */
  want(keys: readonly string[]): readonly (Tile | undefined)[];
  /** Forgets everything. */
  clear(): void;
}

/** So many are loaded at the same time, and so long after the last change of what is wanted: not in the middle of a movement. */
const mostAtOnce = 2;
const restMilliseconds = 50;

export function createTileCache<Tile>({ load, bytesOf, mostBytes, onMore }: TileCacheOptions<Tile>): TileCache<Tile> {
  /** In the order of their last use. */
  const tiles = new Map<string, Tile>();
  const coming = new Map<string, AbortController>();
  /** What could not be loaded is not asked for again and again. */
  const failed = new Set<string>();
  let heldBytes = 0;
  let wanted: readonly string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const evict = (): void => {
    for (const [key, tile] of tiles) {
      if (heldBytes <= mostBytes) return;
      if (wanted.includes(key)) continue;
      tiles.delete(key);
      heldBytes -= bytesOf(tile);
    }
  };
  const loadNext = (): void => {
    for (const key of wanted) {
      if (coming.size >= mostAtOnce) return;
      if (tiles.has(key) || coming.has(key) || failed.has(key)) continue;
      const controller = new AbortController();
      coming.set(key, controller);
      load(key, controller.signal)
        .then(
          (tile) => {
            if (coming.get(key) !== controller) return;
            tiles.set(key, tile);
            heldBytes += bytesOf(tile);
            evict();
            onMore();
          },
          () => {
            if (coming.get(key) === controller) failed.add(key);
          },
        )
        .finally(() => {
          if (coming.get(key) !== controller) return;
          coming.delete(key);
          loadNext();
        });
    }
  };
  const cancel = (isWanted: (key: string) => boolean): void => {
    for (const [key, controller] of coming) {
      if (isWanted(key)) continue;
      coming.delete(key);
      controller.abort(new Error('Not in view any more'));
    }
  };
  return {
    want(keys) {
      const isNew = keys.length !== wanted.length || keys.some((key, i) => key !== wanted[i]);
      if (isNew) {
        wanted = keys;
        cancel((key) => keys.includes(key));
        clearTimeout(timer);
        timer = setTimeout(loadNext, restMilliseconds);
      }
      return keys.map((key) => {
        const tile = tiles.get(key);
        if (tile === undefined) return undefined;
        tiles.delete(key);
        tiles.set(key, tile);
        return tile;
      });
    },
    clear() {
      clearTimeout(timer);
      wanted = [];
      cancel(() => false);
      tiles.clear();
      failed.clear();
      heldBytes = 0;
    },
  };
}
