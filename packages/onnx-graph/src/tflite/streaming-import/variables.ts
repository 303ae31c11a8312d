import {
  failAt,
  type ImportContext,
  inputOfKind,
  option,
  outputTensor,
  rowsOf,
  setOutput,
  type Translate,
} from './import-context.ts';

export const variableHandle: Translate = (context, operator) => {
  setOutput(context, operator, { kind: 'variable', name: String(operator.options.sharedName) });
};

export const readVariable: Translate = (context, operator) => {
  const { name } = inputOfKind(context, operator, 0, 'variable');
  const { shape } = outputTensor(context, operator);
  const size = rowsOf(shape);
  if (size === undefined) return failAt(context, operator, `the shape [${shape.join(', ')}]`, '[1, rows, 1, channels]');
  setOutput(context, operator, { kind: 'past', variable: name, ...size });
};

export const assignVariable: Translate = (context, operator) => {
  const { name } = inputOfKind(context, operator, 0, 'variable');
  const next = inputOfKind(context, operator, 1, 'next');
  const set = context.unset.get(name);
  if (set === undefined || next.variable !== name || next.bias !== undefined || next.grid !== undefined) {
    return failAt(context, operator, `${name} set to rows of ${next.variable}`, 'reals that follow its own');
  }
  context.unset.delete(name);
  set(next.x);
};

/** The subgraph that sets the variables once: a stream starts with zeros, so it must set them to that. */
export const callOnce: Translate = (context, operator) => {
  const subgraph = context.model.subgraphs[option(context, operator, 'initialisationSubgraph')];
  if (subgraph === undefined) return failAt(context, operator, 'no such subgraph', 'a subgraph that sets variables');
  for (const { code, inputs } of subgraph.operators) {
    const constant = code === 'ASSIGN_VARIABLE' ? subgraph.tensors[inputs[1] ?? -1]?.constant : undefined;
    const isSilent = constant !== undefined && isZero(context, constant);
    if (code !== 'VAR_HANDLE' && !isSilent)
      failAt(context, operator, `${code} at the start`, 'variables that start as zeros');
  }
};

function isZero({ model }: ImportContext, constant: Parameters<typeof model.bytesOf>[0]): boolean {
  return model.bytesOf(constant).every((byte) => byte === 0);
}
