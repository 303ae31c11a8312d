import { assertTokenSpace, type TokenGrid, type TokenSpace } from '@speech-tokens/core';
import type { StepOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { readWholeTokens } from '../io/whole-tokens.ts';
import { createTokenRateMeter, type TokenRate } from '../transform/token-rates.ts';
import { applySteps, unitCountOf } from '../transform/transform-steps.ts';

/** Recordings as the units that byte pairs are made of. */
export interface UnitRecordings {
  /** Of the units. */
  readonly tokenSpace: TokenSpace;
  readonly unitCount: number;
  readonly grids: readonly TokenGrid[];
  /** Of the tokens as they were in the files, and of the units that the steps made of them. */
  readonly before: TokenRate;
  readonly units: TokenRate;
}

/**
 * Reads token files, one recording each, and takes the steps that lead to units.
 * @throws SpeechTokensError `token-space-mismatch` where they are not of one tokenizer; as `readWholeTokens`, `applySteps`
 */
export async function readUnitRecordings(
  context: CliContext,
  inputs: readonly string[],
  options: StepOptions,
  onFile: (index: number) => void,
): Promise<UnitRecordings> {
  const grids: TokenGrid[] = [];
  const [before, units] = [createTokenRateMeter(), createTokenRateMeter()];
  for (const [index, input] of inputs.entries()) {
    context.signal.throwIfAborted();
    onFile(index);
    const { grid } = await readWholeTokens(context, input);
    const unitGrid = applySteps(grid, options);
    const [first] = grids;
    if (first !== undefined) assertTokenSpace(unitGrid.tokenSpace, first.tokenSpace, input);
    unitCountOf(unitGrid);
    before.add(grid);
    units.add(unitGrid);
    grids.push(unitGrid);
  }
  const [first] = grids as [TokenGrid, ...TokenGrid[]];
  return {
    tokenSpace: first.tokenSpace,
    unitCount: unitCountOf(first),
    grids,
    before: before.result(),
    units: units.result(),
  };
}
