import { SpeechTokensError, type TokenGrid } from '@speech-tokens/core';
import { joinedColumns } from '../../layout/columns.ts';

/** What somebody says in a conversation: a text, and its sound where it is known. */
export interface CsmSegment {
  /** Speakers are numbers; the model takes the voice of one from the segments before. */
  readonly speaker: number;
  readonly text: string;
  /** Tokens of Mimi with as many codebooks as the model has. */
  readonly audio?: TokenGrid;
}

/**
 * Rows of a conversation whose last segment has no sound: what the model goes on with is that.
 * A segment is its text in the last column, then its frames in the others, then a frame of zeros, which ends it.
 * Source: SesameAILabs/csm, generator.py (`_tokenize_text_segment`, `_tokenize_audio`).
 * @param textIds ids of a text as Llama 3 has them, its begin and its end included
 * @param codebookCount of the model
 * @throws SpeechTokensError `token-grid-invalid` where a segment has fewer codebooks
 */
export function csmPrompt(
  segments: readonly CsmSegment[],
  textIds: (text: string) => readonly number[],
  codebookCount: number,
): Int32Array {
  const width = codebookCount + 1;
  const rows = segments.flatMap(({ speaker, text, audio }) => [
    ...textIds(`[${speaker}]${text}`).map((id) => textRow(id, width)),
    ...(audio === undefined ? [] : frameRows(audio, codebookCount)),
  ]);
  return joinedColumns(rows);
}

/** Whether a frame is the one that ends a segment. */
export function isCsmEnd(row: Int32Array, codebookCount: number): boolean {
  return row.subarray(0, codebookCount).every((id) => id === 0);
}

function textRow(id: number, width: number): Int32Array {
  const row = new Int32Array(width).fill(-1);
  row[width - 1] = id;
  return row;
}

function frameRows({ tracks }: TokenGrid, codebookCount: number): Int32Array[] {
  if (tracks.length < codebookCount) {
    throw new SpeechTokensError('token-grid-invalid', {
      problem: 'A segment of the conversation has too few codebooks',
      found: `${tracks.length}`,
      wanted: `${codebookCount}`,
      remedy: 'Tokenize it with all codebooks',
      details: {},
    });
  }
  const frames = Array.from(tracks[0]!.ids, (_, frame) => {
    const row = new Int32Array(codebookCount + 1).fill(-1);
    for (let k = 0; k < codebookCount; k++) row[k] = tracks[k]!.ids[frame]!;
    return row;
  });
  const end = new Int32Array(codebookCount + 1);
  end[codebookCount] = -1;
  return [...frames, end];
}
