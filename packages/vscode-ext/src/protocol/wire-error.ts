/** An error as plain data. */
export interface WireError {
  readonly message: string;
  /** Of a typed error, for example `audio-decode`. */
  readonly code?: string;
}

/** An error of the other end, or of the connection to it. */
export class RequestError extends Error {
  readonly code: string | undefined;

  /** @param code `connection-closed`, `cancelled`, `method-unknown`, or that of the error at the other end */
  constructor(message: string, code?: string) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
  }
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { message: error.message, ...(code === undefined ? {} : { code }) };
}

export function fromWireError({ message, code }: WireError): RequestError {
  return new RequestError(message, code);
}

export function isRequestError(error: unknown, code: string): boolean {
  return error instanceof RequestError && error.code === code;
}
