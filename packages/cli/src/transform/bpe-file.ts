import {
  type BytePairCoder,
  bytePairsFromTokenizerJson,
  createBytePairCoder,
  readMergesFile,
  SpeechTokensError,
  type TokenSpace,
} from '@speech-tokens/core';
import type { CliContext } from '../context.ts';
import { type InputSource, openInput } from '../io/input-source.ts';
import { sniffInput } from '../io/sniff-input.ts';

/** What `--bpe` names: a merges file, or a tokenizer.json. */
export interface BpeFile {
  /** The space of the units that the merges are of; `undefined` where the file does not say. */
  readonly tokenSpace: TokenSpace | undefined;
  /**
   * Writes and reads units of a codebook of this size, which a tokenizer.json does not tell.
   * @throws SpeechTokensError `merges-invalid`, `argument-invalid`
   */
  coderFor(unitCount: number): BytePairCoder;
  /** Whether the file has other numbers for the same tokens. */
  hasOtherIds(unitCount: number): boolean;
}

/** As large as core reads, at 4 bytes a character. */
const maximumTextBytes = 2 ** 27;

/** @throws SpeechTokensError `file-read`, `merges-invalid` */
export async function openBpeFile(
  context: CliContext,
  argument: string,
  firstCodePoint: number | undefined,
): Promise<BpeFile> {
  const { signal } = context;
  const input = await openInput(context, argument);
  try {
    if ((await sniffInput(input, signal)) !== 'safetensors') {
      return createTokenizerJsonFile(await readText(input, signal), argument, firstCodePoint);
    }
    const { merges, tokenSpace } = await readMergesFile(input, { signal });
    const coder = createBytePairCoder(merges);
    return { tokenSpace, coderFor: () => coder, hasOtherIds: () => false };
  } finally {
    await input.close();
  }
}

/**
 * The coders that undoing the transforms of a space takes.
 * @throws SpeechTokensError `argument-invalid` where it takes some, and there is no file
 */
export function codersToUndo(space: TokenSpace, file: BpeFile | undefined): readonly BytePairCoder[] {
  const coders: BytePairCoder[] = [];
  for (let { derivedFrom } = space; derivedFrom !== undefined; { derivedFrom } = derivedFrom.tokenSpace) {
    if (derivedFrom.transform !== 'byte-pair') continue;
    if (file === undefined) throw withoutMerges(space);
    coders.push(file.coderFor(derivedFrom.tokenSpace.codebooks[0]!.size));
  }
  return coders;
}

function withoutMerges({ id }: TokenSpace): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: 'The tokens are byte pairs, and a token file does not hold the merges that they were made with',
    found: `tokens of ${id}, and no --bpe`,
    wanted: '--bpe FILE',
    remedy: 'Add --bpe with the file of those merges',
    details: { argument: 'bpe' },
  });
}

function createTokenizerJsonFile(text: string, path: string, firstCodePoint: number | undefined): BpeFile {
  type Read = { readonly coder: BytePairCoder; readonly vocabularyIds: Int32Array };
  const readBySize = new Map<number, Read>();
  const readFor = (unitCount: number): Read => {
    const before = readBySize.get(unitCount);
    if (before !== undefined) return before;
    const options = { unitCount, path, ...(firstCodePoint === undefined ? {} : { firstCodePoint }) };
    const { merges, vocabularyIds } = bytePairsFromTokenizerJson(text, options);
    const read = { coder: createBytePairCoder(merges), vocabularyIds };
    readBySize.set(unitCount, read);
    return read;
  };
  return {
    tokenSpace: undefined,
    coderFor: (unitCount) => readFor(unitCount).coder,
    hasOtherIds: (unitCount) => readFor(unitCount).vocabularyIds.some((theirs, ours) => theirs !== ours),
  };
}

async function readText(input: InputSource, signal: AbortSignal): Promise<string> {
  if (input.sizeBytes > maximumTextBytes) {
    throw new SpeechTokensError('merges-invalid', {
      problem: `${input.name} is too large for a tokenizer.json`,
      found: `${input.sizeBytes} bytes`,
      wanted: `at most ${maximumTextBytes}`,
      remedy: 'Give a merges file of `speech-tokens units fit-bpe`, or a tokenizer.json',
      details: { path: input.name },
    });
  }
  return new TextDecoder().decode(await input.read(0, input.sizeBytes, { signal }));
}
