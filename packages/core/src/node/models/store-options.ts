import { readFile, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import type { LockTiming } from './file-lock.ts';
import type { RetryPolicy } from './retry.ts';

/** What the user is asked before anything is downloaded. */
export interface ConsentRequest {
  readonly url: string;
  /** Absent where the server has not been asked for it. */
  readonly sizeBytes?: number;
  /** Licence of the weights. */
  readonly licence: string;
  /** Name of the model file. */
  readonly name: string;
}

export interface ModelStoreOptions {
  /** Where downloads are kept. `SPEECH_TOKENS_CACHE`, or `speech-tokens` in the cache folder of the platform. */
  readonly cacheDirectory?: string;
  /** Never touches the network. True by default where `SPEECH_TOKENS_OFFLINE` or `HF_HUB_OFFLINE` is set to 1. */
  readonly offline?: boolean;
  /** Asked before each download. Where absent, every download is refused, before the network is touched. */
  readonly consent?: (request: ConsentRequest, options: { readonly signal?: AbortSignal }) => Promise<boolean>;
  /** Address of the hub. `HF_ENDPOINT`, or `https://huggingface.co`. Plain http is for loopback addresses only. */
  readonly hubEndpoint?: string;
  /**
   * Access token, sent to the host of `hubEndpoint` and to no other; empty for none. `HF_TOKEN`, or the text of the
   * file at `HF_TOKEN_PATH` or `$HF_HOME/token`.
   */
  readonly hubToken?: string;
  /**
   * The cache of Hugging Face's own libraries, whose files are used and never changed; `false` to leave it alone.
   * `HF_HUB_CACHE`, or `$HF_HOME/hub`.
   */
  readonly huggingFaceCacheDirectory?: string | false;
  /** For a proxy or a test. The global `fetch` by default. */
  readonly fetch?: typeof globalThis.fetch;
  readonly retry?: Partial<RetryPolicy>;
  /** A connection that brings no byte for this long is given up and tried again. 30 s by default. */
  readonly stallTimeoutMs?: number;
  readonly lock?: Partial<LockTiming>;
  /** The variables that the defaults above are taken from. `process.env` by default. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Free bytes on the disk of a folder; `undefined` where they are not known. Asks the system by default. */
  readonly freeDiskBytes?: (directory: string) => Promise<number | undefined>;
}

/** Options with their defaults filled in. */
export interface StoreSettings {
  readonly cacheDirectory: string;
  readonly offline: boolean;
  readonly consent: ModelStoreOptions['consent'];
  /** Without a slash at its end. */
  readonly hubEndpoint: string;
  readonly readHubToken: () => Promise<string | undefined>;
  readonly huggingFaceCacheDirectory: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly retry: RetryPolicy;
  readonly stallTimeoutMs: number;
  readonly lock: LockTiming;
  readonly freeDiskBytes: (directory: string) => Promise<number | undefined>;
}

/** @throws SpeechTokensError `argument-invalid` when the hub's address is none */
export function settle(options: ModelStoreOptions): StoreSettings {
  const environment = options.environment ?? process.env;
  const huggingFaceHome = huggingFaceHomeOf(environment);
  const huggingFaceCache =
    options.huggingFaceCacheDirectory ?? nonEmpty(environment.HF_HUB_CACHE) ?? join(huggingFaceHome, 'hub');
  return {
    cacheDirectory: resolve(
      options.cacheDirectory ?? nonEmpty(environment.SPEECH_TOKENS_CACHE) ?? platformCacheDirectory(environment),
    ),
    offline: options.offline ?? (isOn(environment.SPEECH_TOKENS_OFFLINE) || isOn(environment.HF_HUB_OFFLINE)),
    consent: options.consent,
    hubEndpoint: checkEndpoint(options.hubEndpoint ?? nonEmpty(environment.HF_ENDPOINT) ?? 'https://huggingface.co'),
    readHubToken: () => readHubToken(options.hubToken, environment, huggingFaceHome),
    huggingFaceCacheDirectory: huggingFaceCache === false ? undefined : resolve(huggingFaceCache),
    fetch: options.fetch ?? globalThis.fetch,
    retry: {
      attempts: 5,
      firstDelayMs: 500,
      longestDelayMs: 30_000,
      longestRetryAfterMs: 60_000,
      ...options.retry,
    },
    stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
    lock: { heartbeatMs: 5_000, staleAfterMs: 60_000, pollMs: 200, ...options.lock },
    freeDiskBytes: options.freeDiskBytes ?? freeDiskBytes,
  };
}

/** Folder for files that can be fetched again, as each platform wants it. */
export function platformCacheDirectory(
  environment: { readonly [name: string]: string | undefined },
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'speech-tokens');
  if (platform === 'win32') {
    return join(nonEmpty(environment.LOCALAPPDATA) ?? join(home, 'AppData', 'Local'), 'speech-tokens', 'Cache');
  }
  return join(nonEmpty(environment.XDG_CACHE_HOME) ?? join(home, '.cache'), 'speech-tokens');
}

function huggingFaceHomeOf(environment: { readonly [name: string]: string | undefined }): string {
  const cache = nonEmpty(environment.XDG_CACHE_HOME) ?? join(homedir(), '.cache');
  return nonEmpty(environment.HF_HOME) ?? join(cache, 'huggingface');
}

async function readHubToken(
  option: string | undefined,
  environment: { readonly [name: string]: string | undefined },
  huggingFaceHome: string,
): Promise<string | undefined> {
  if (option !== undefined) return nonEmpty(option.trim());
  const direct = nonEmpty(environment.HF_TOKEN?.trim());
  if (direct !== undefined) return direct;
  const path = nonEmpty(environment.HF_TOKEN_PATH) ?? join(huggingFaceHome, 'token');
  // No file, no token: public repositories need none.
  const text = await readFile(path, 'utf8').catch(() => '');
  return nonEmpty(text.trim());
}

function checkEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The address of the hub is not an address',
      found: endpoint,
      wanted: 'for example https://huggingface.co',
      remedy: 'Correct HF_ENDPOINT or the option `hubEndpoint`',
      details: { argument: 'hubEndpoint' },
    });
  }
  return endpoint.replace(/\/+$/, '');
}

async function freeDiskBytes(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    // Some network disks cannot say. The write itself then finds out.
    return undefined;
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function isOn(text: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(text?.trim() ?? '');
}
