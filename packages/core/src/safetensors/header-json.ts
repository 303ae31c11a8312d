/** A tensor as the JSON of the header names it, before anything about it is checked but its types. */
export interface RawTensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from the end of the header. */
  readonly dataOffsets: readonly number[];
}

export interface RawHeader {
  readonly metadata: Map<string, string>;
  readonly tensors: Map<string, RawTensorEntry>;
}

/** What is wrong with the text of a header, and with which tensor. */
export class HeaderSyntaxError extends Error {
  readonly tensor: string | undefined;

  constructor(message: string, tensor?: string) {
    super(message);
    this.name = 'HeaderSyntaxError';
    this.tensor = tensor;
  }
}

/** More dimensions than any tensor has; keeps a hostile header from becoming an array of millions of numbers. */
const maximumRank = 64;

/**
 * Parses the header's JSON. Not `JSON.parse`: that keeps the last of two equal keys in silence, and builds whatever a
 * hostile file nests; the header has a fixed depth.
 * @throws HeaderSyntaxError
 */
export function parseHeaderJson(text: string): RawHeader {
  let at = 0;
  let tensorName: string | undefined;

  const fail = (message: string): never => {
    throw new HeaderSyntaxError(`${message} at character ${at} of the header`, tensorName);
  };
  const skipSpace = (): void => {
    while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  };
  const expect = (character: string): void => {
    if (text[at] !== character) fail(`wanted ${character}, found ${text[at] ?? 'the end'}`);
    at++;
    skipSpace();
  };
  const accept = (character: string): boolean => {
    if (text[at] !== character) return false;
    expect(character);
    return true;
  };
  const parseString = (): string => {
    if (text[at] !== '"') fail(`wanted a string, found ${text[at] ?? 'the end'}`);
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    if (end >= text.length) fail('a string without an end');
    let value = '';
    try {
      value = JSON.parse(text.slice(at, end + 1)) as string;
    } catch {
      fail('a string with an escape or a control character that JSON does not allow');
    }
    if (/\p{Surrogate}/u.test(value)) fail('a string with half of a surrogate pair');
    at = end + 1;
    skipSpace();
    return value;
  };
  const integer = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
  const parseInteger = (): number => {
    integer.lastIndex = at;
    const value = Number(integer.exec(text)?.[0] ?? Number.NaN);
    if (!Number.isSafeInteger(value)) fail('wanted an integer of 0 to 2^53 - 1');
    at = integer.lastIndex;
    skipSpace();
    return value;
  };
  const parseIntegers = (): number[] => {
    const values: number[] = [];
    expect('[');
    if (accept(']')) return values;
    do {
      if (values.length === maximumRank) fail(`more than ${maximumRank} numbers in a list`);
      values.push(parseInteger());
    } while (accept(','));
    expect(']');
    return values;
  };
  const parseObject = (parseMember: (key: string) => void): void => {
    expect('{');
    if (accept('}')) return;
    do {
      const key = parseString();
      expect(':');
      parseMember(key);
    } while (accept(','));
    expect('}');
  };
  const parseMetadata = (): Map<string, string> => {
    const metadata = new Map<string, string>();
    if (text.startsWith('null', at)) {
      at += 4;
      skipSpace();
      return metadata;
    }
    parseObject((key) => {
      if (metadata.has(key)) fail(`the metadata key ${JSON.stringify(key)} twice`);
      metadata.set(key, parseString());
    });
    return metadata;
  };
  const parseTensor = (): RawTensorEntry => {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let dataOffsets: number[] | undefined;
    parseObject((key) => {
      if (key === 'dtype' && dtype === undefined) dtype = parseString();
      else if (key === 'shape' && shape === undefined) shape = parseIntegers();
      else if (key === 'data_offsets' && dataOffsets === undefined) dataOffsets = parseIntegers();
      else fail(`the field ${JSON.stringify(key)} of a tensor is unknown or there twice`);
    });
    if (dtype === undefined || shape === undefined || dataOffsets === undefined || dataOffsets.length !== 2) {
      return fail('a tensor without dtype, shape or two data_offsets');
    }
    return { dtype, shape, dataOffsets };
  };

  let metadata: Map<string, string> | undefined;
  const tensors = new Map<string, RawTensorEntry>();
  parseObject((key) => {
    if (key === '__metadata__') {
      if (metadata !== undefined) fail('the key __metadata__ twice');
      metadata = parseMetadata();
      return;
    }
    tensorName = key;
    if (tensors.has(key)) fail(`the tensor ${JSON.stringify(key)} twice`);
    tensors.set(key, parseTensor());
    tensorName = undefined;
  });
  if (at !== text.length) fail('text after the closing brace');
  return { metadata: metadata ?? new Map(), tensors };
}
