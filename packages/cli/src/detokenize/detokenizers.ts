import {
  isListedSpaceId,
  needsCheckpoint,
  type SpeechDetokenizerV1,
  SpeechTokensError,
  type TokenSpace,
} from '@speech-tokens/core';
import type { ComponentRegistry, FoundComponent } from '@speech-tokens/core/node';
import type { DetokenizeCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { listComponents } from '../plugins/list-components.ts';
import { loadDetokenizer, type ModelOptions } from '../plugins/load-component.ts';

/** Detokenizers that are loaded when they are first needed, and once. */
export interface Detokenizers {
  /**
   * The one that reads tokens of a space.
   * @throws SpeechTokensError `component-not-found` that names what is installed; `token-space-mismatch` where the one
   * that was asked for reads other tokens
   */
  forSpace(space: TokenSpace): Promise<{ readonly id: string; readonly detokenizer: SpeechDetokenizerV1 }>;
  /** The space that the detokenizer `id` reads. */
  spaceOf(id: string): Promise<TokenSpace>;
  close(): Promise<void>;
}

export type DetokenizerChoice = ModelOptions & Pick<DetokenizeCommandOptions, 'tokenizer'>;

export function createDetokenizers(
  context: CliContext,
  registry: ComponentRegistry,
  options: DetokenizerChoice,
): Detokenizers {
  const loaded = new Map<string, Promise<SpeechDetokenizerV1>>();
  const load = (id: string): Promise<SpeechDetokenizerV1> => {
    const before = loaded.get(id);
    if (before !== undefined) return before;
    const loading = loadDetokenizer(context, registry, id, options).then(({ part }) => part);
    loaded.set(id, loading);
    return loading;
  };
  return {
    async forSpace(space) {
      const id = options.tokenizer ?? (await findId(context, registry, space, options.checkpoint !== undefined));
      const detokenizer = await load(id);
      const foundId = detokenizer.tokenSpace.id;
      if (foundId !== space.id) throw otherSpace(id, space.id, foundId, options.checkpoint);
      return { id, detokenizer };
    },
    spaceOf: async (id) => (await load(id)).tokenSpace,
    async close() {
      for (const loading of loaded.values()) {
        const detokenizer = await loading.catch(() => undefined);
        await detokenizer?.close();
      }
    },
  };
}

/** By the id of the space; a checkpoint has ids of its own. */
async function findId(
  context: CliContext,
  registry: ComponentRegistry,
  space: TokenSpace,
  hasCheckpoint: boolean,
): Promise<string> {
  const { components, problems } = await listComponents(registry, 'detokenizer', context.signal);
  const fitting = hasCheckpoint
    ? componentsOfCheckpoint(components, space)
    : components.filter(
        ({ component }) => isListedSpaceId(space.id, component.tokenSpace.id) && !needsCheckpoint(component),
      );
  const [first] = fitting;
  if (first !== undefined && fitting.length === 1) return first.component.id;
  const installed = components.map(({ component }) => `${component.id} (${component.tokenSpace.id})`);
  const broken = problems.map(({ packageName }) => packageName);
  const remedy =
    fitting.length > 1
      ? 'Say which one with --tokenizer ID'
      : 'Install the plugin that made them (or point to it with --plugins DIR), or give its weights with --checkpoint DIR';
  throw new SpeechTokensError('component-not-found', {
    problem:
      fitting.length > 1
        ? `Several detokenizers could read tokens of ${space.id}`
        : `No detokenizer that is installed reads tokens of ${space.id}`,
    found: installed.join(', ') || 'none',
    remedy: broken.length === 0 ? remedy : `${remedy}; broken and not looked at: ${broken.join(', ')}`,
    details: { id: space.id, suggestions: fitting.map(({ component }) => component.id) },
  });
}

/** Those whose spaces have the name that stands before the fingerprint; where none has it, those with the same shape. */
function componentsOfCheckpoint(
  components: readonly FoundComponent<'detokenizer'>[],
  space: TokenSpace,
): readonly FoundComponent<'detokenizer'>[] {
  const nameOf = (id: string): string => id.split('#')[0]!;
  const named = components.filter(({ component }) => nameOf(component.tokenSpace.id) === nameOf(space.id));
  if (named.length > 0) return named;
  return components.filter(({ component }) => shapeOf(component.tokenSpace) === shapeOf(space));
}

function shapeOf({ sampleRateHz, codebooks, segments, blockSamples, windowSamples }: TokenSpace): string {
  const books = codebooks.map(({ size, hopSamples }) => [size, hopSamples ?? null]);
  return JSON.stringify([sampleRateHz, books, segments ?? null, blockSamples ?? null, windowSamples ?? null]);
}

function otherSpace(id: string, wantedId: string, foundId: string, checkpoint: string | undefined): SpeechTokensError {
  return new SpeechTokensError('token-space-mismatch', {
    problem: `The tokens were not made for ${id}${checkpoint === undefined ? '' : ` with ${checkpoint}`}`,
    found: `tokens of ${wantedId}`,
    wanted: foundId,
    remedy:
      checkpoint === undefined
        ? 'Leave --tokenizer out to find the right one, or give the weights that they were made with: --checkpoint DIR'
        : 'Give the folder of the weights that they were made with',
    details: { foundId: wantedId, wantedId: foundId },
  });
}
