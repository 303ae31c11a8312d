import { type CodecSide, prefixCounts, prefixOrReason, unequalInputs } from '../codec-side.ts';
import { always, type ConformanceCheck } from '../conformance-check.ts';
import { expectSame } from '../expectations.ts';

/** What whole-clip calls give: the same for the same input, alone or beside others, from whatever memory. */
export function callResultChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  const verb = name === 'tokenizer' ? 'tokenize' : 'detokenize';
  return [
    {
      id: `${name}/deterministic`,
      title: 'The same input gives the same result again and again, whatever came between',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'deterministic');
        const other = await side.makeInput(side.lengths.medium + side.lengths.period, 'something else');
        const first = await side.call(side.copyInput(input));
        for (const when of ['at once', 'once more', 'after another input']) {
          if (when === 'after another input') await side.call(other);
          const again = await side.call(side.copyInput(input));
          expectSame(side.differenceOfOutputs(again, first), `${verb} of the same input again (${when}) differs`);
        }
      },
    },
    {
      id: `${name}/input-unchanged`,
      title: 'A call does not write to its input',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'input unchanged');
        const before = side.copyInput(input);
        await side.call(input);
        expectSame(side.differenceOfInputs(input, before), `${verb} changed its input`);
      },
    },
    {
      id: `${name}/input-not-kept`,
      title: 'When a call has settled its input belongs to the caller again',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'input not kept');
        const result = await side.call(input);
        const resultBefore = side.copyOutput(result);
        side.scramble(input);
        const changed = side.copyInput(input);
        expectSame(side.differenceOfOutputs(result, resultBefore), `The result of ${verb} changed with its input`);
        expectSame(
          side.differenceOfOutputs(await side.call(input), await side.call(changed)),
          `${verb} remembers what an array held in an earlier call`,
        );
      },
    },
    {
      id: `${name}/array-views`,
      title: 'Arrays may lie anywhere in a larger buffer',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'array views');
        const wanted = await side.call(side.copyInput(input));
        const found = await side.call(side.copyInput(input, { asViews: true }));
        expectSame(
          side.differenceOfOutputs(found, wanted),
          `${verb} of arrays that are views (byteOffset > 0) into larger buffers differs`,
        );
      },
    },
    {
      id: `${name}/concurrent-calls`,
      title: 'Calls that overlap give what they give one by one',
      appliesTo: always,
      async run(side: Side) {
        const inputs = await unequalInputs(side, 'concurrent');
        const wanted: Output[] = [];
        for (const input of inputs) wanted.push(await side.call(side.copyInput(input)));
        const found = await Promise.all(inputs.map((input) => side.call(input)));
        for (const [i, output] of found.entries()) {
          expectSame(
            side.differenceOfOutputs(output, wanted[i] as Output),
            `Call ${i} of ${found.length} at the same time differs from the same call alone`,
          );
        }
      },
    },
    {
      id: `${name}/codebook-prefix`,
      title:
        name === 'tokenizer'
          ? 'Tokenizing with K codebooks gives exactly the first K tracks'
          : 'The first K codebooks of a grid decode, by option as by leaving out the others',
      appliesTo: prefixOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'codebook prefix');
        const all = side.part.tokenSpace.codebooks.length;
        for (const codebookCount of [...prefixCounts(all), all]) {
          const fewer = await side.call(side.takeOfInput(side.copyInput(input), codebookCount));
          const found = await side.call(side.copyInput(input), { codebookCount });
          expectSame(
            side.differenceOfOutputs(found, side.takeOfOutput(fewer, codebookCount)),
            `${verb} with codebookCount ${codebookCount} differs from the first ${codebookCount} tracks of all`,
          );
        }
      },
    },
  ];
}
