import type { LaneMuting } from '@speech-tokens/token-view';
import { decodedCodebooks, type EditorState } from './editor-state.ts';
import type { TokensFound } from './facts.ts';

type Tokens = Pick<TokensFound, 'codebookCount' | 'lanes' | 'prefixDecodable' | 'notDecodable'>;

/** Which lanes of some tokens are not heard. `undefined` where there is only one, or lanes are not codebooks that decode. */
export function mutingOf(state: Pick<EditorState, 'codebookCount'>, tokens: Tokens): LaneMuting | undefined {
  const { codebookCount, lanes, prefixDecodable, notDecodable } = tokens;
  if (lanes.length !== codebookCount || codebookCount < 2) return undefined;
  const firstMuted = decodedCodebooks(state, tokens);
  if (notDecodable !== undefined) return { firstMuted, whyNot: `No sound of these tokens: ${notDecodable}` };
  return prefixDecodable
    ? { firstMuted }
    : { firstMuted, whyNot: 'This codec decodes all of its codebooks together, and none of them alone.' };
}

/** How many codebooks are decoded after the button of a lane was pressed: those before it, or, where it was muted, also it. */
export function codebooksAfterMute(
  state: Pick<EditorState, 'codebookCount'>,
  tokens: Tokens,
  lane: number,
): number | undefined {
  const count = lane < decodedCodebooks(state, tokens) ? Math.max(1, lane) : lane + 1;
  return count >= tokens.codebookCount ? undefined : count;
}
