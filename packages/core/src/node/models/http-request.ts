import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { raceSignal } from '../../streaming/race-signal.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD';
  readonly url: string;
  readonly headers?: { readonly [name: string]: string };
  /** Goes to the origin (scheme, host and port) that it names, and is dropped for good on the way to another. */
  readonly token?: { readonly origin: string; readonly value: string } | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Whether an answer that redirects is wanted as it is. */
  readonly stopAt?: (response: Response) => boolean;
}

export interface HttpAnswer {
  readonly response: Response;
  /** The address that answered. */
  readonly url: string;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const redirectLimit = 10;

/**
 * Asks, and follows redirects by hand, because what may be sent where is decided at each of them.
 * @throws SpeechTokensError `model-download` for an address or a redirect that is not allowed; whatever `fetch` throws
 */
export async function sendRequest(request: HttpRequest): Promise<HttpAnswer> {
  const { method, headers, fetch, signal, stopAt } = request;
  const start = parseAddress(request.url);
  // Plain http is for a server on this very machine; and what begins with https stays with it.
  const isLoopbackStart = start.protocol === 'http:' && isLoopback(start);
  let token = request.token;
  let url = start;
  for (let hop = 0; ; hop++) {
    if (url.protocol !== 'https:' && !(isLoopbackStart && url.protocol === 'http:' && isLoopback(url))) {
      throw refused(request.url, hop === 0 ? url.href : `a redirect to ${url.href}`, 'an https address');
    }
    if (token !== undefined && token.origin !== url.origin) token = undefined;
    const answer = fetch(url.href, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        // Lengths and ranges are of the file itself, not of a packed form of it.
        'accept-encoding': 'identity',
        'user-agent': 'speech-tokens',
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token.value}` }),
      },
    });
    // A `fetch` of the caller's own may not look at the signal.
    const response = await raceSignal(answer, signal);
    if (!redirectStatuses.has(response.status) || stopAt?.(response) === true) return { response, url: url.href };
    const location = response.headers.get('location');
    await response.body?.cancel();
    if (location === null || !URL.canParse(location, url.href)) {
      throw refused(request.url, `a redirect to ${location ?? 'nowhere'}`, 'a redirect to an address');
    }
    if (hop >= redirectLimit) throw refused(request.url, `more than ${redirectLimit} redirects`, 'an end to them');
    url = new URL(location, url);
    // Names and passwords in an address would end up in messages.
    if (url.username !== '' || url.password !== '')
      throw refused(request.url, 'a redirect with a password', 'one without');
  }
}

function parseAddress(text: string): URL {
  if (!URL.canParse(text)) throw refused(text, text, 'an https address');
  return new URL(text);
}

/** Whether an address is of this machine. */
function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

function refused(url: string, found: string, wanted: string): SpeechTokensError<'model-download'> {
  return new SpeechTokensError('model-download', {
    problem: `Cannot download ${url}`,
    found,
    wanted,
    remedy: 'Correct the address of the file or of the hub (HF_ENDPOINT)',
    details: { url },
  });
}
