import type { CallOptions } from '../contract/call-options.ts';
import { isSpeechTokensError, SpeechTokensError } from '../errors/speech-tokens-error.ts';

/** What a batch is made of. */
export interface BatchParts<Item, Result, Options extends CallOptions> {
  /** What is being done, for progress, for example `Tokenizing`. */
  readonly stage: string;
  /**
   * Refuses an item that cannot be taken, before anything is done with any.
   * @throws SpeechTokensError
   */
  check(item: Item): void;
  /** Samples of an item that has passed the check. */
  sampleCountOf(item: Item): number;
  /** One item by itself. */
  call(item: Item, options: Options): Promise<Result>;
}

/**
 * A batch for models that take one input at a time: calls one after another, so each result is that of its item alone.
 * Keeps what the contract promises of batches: results in the order of the items, all or none; progress in samples of
 * them all; an error that belongs to an item has its index.
 * @throws SpeechTokensError of the check or the call, with `batchIndex`; the reason of the signal itself
 */
export async function batchOneByOne<Item, Result, Options extends CallOptions>(
  items: readonly Item[],
  options: Options,
  { stage, check, sampleCountOf, call }: BatchParts<Item, Result, Options>,
): Promise<readonly Result[]> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  await eachItem(items, options, async (item) => check(item));
  const total = items.reduce((sum, item) => sum + sampleCountOf(item), 0);
  const results: Result[] = [];
  let before = 0;
  await eachItem(items, options, async (item) => {
    const sampleCount = sampleCountOf(item);
    const report = (done: number): void => onProgress?.({ stage, done: before + done, total, unit: 'samples' });
    // What an item counts, in whatever unit, is its share of the whole: it may count padding, or another rate.
    const onItemProgress: CallOptions['onProgress'] = ({ done, total: all }) => {
      if (all !== undefined && all > 0) report(Math.floor(sampleCount * Math.min(1, done / all)));
    };
    results.push(await call(item, onProgress === undefined ? options : { ...options, onProgress: onItemProgress }));
    report(sampleCount);
    before += sampleCount;
  });
  return results;
}

/** One item after another, until the signal aborts. What goes wrong with one says which it was. */
async function eachItem<Item>(
  items: readonly Item[],
  { signal }: CallOptions,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (const [index, item] of items.entries()) {
    signal?.throwIfAborted();
    try {
      await work(item);
    } catch (error) {
      // An abort rejects with its reason, whatever that is; and what is closed is closed for all items.
      signal?.throwIfAborted();
      if (!isSpeechTokensError(error) || isSpeechTokensError(error, 'session-closed')) throw error;
      throw errorOfItem(error, index, items.length);
    }
  }
}

function errorOfItem(error: SpeechTokensError, index: number, itemCount: number): SpeechTokensError {
  return new SpeechTokensError(error.code, {
    problem: `Item ${index + 1} of ${itemCount} of the batch failed`,
    // The whole of what was found, wanted, and can be done about it.
    remedy: error.message.replace(/\.$/, ''),
    details: error.details,
    batchIndex: index,
    cause: error,
  });
}
