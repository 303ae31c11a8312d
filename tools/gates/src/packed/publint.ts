import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { error, type Finding, type Gate, warning } from '../gate.ts';
import type { PackedPackage } from './pack.ts';

export const publintGate: Gate = {
  name: 'publint',
  title: 'packed packages are well-formed (publint)',
  run: async ({ packed }) => (await Promise.all((await packed()).map(lintPacked))).flat(),
};

export async function lintPacked(one: PackedPackage): Promise<readonly Finding[]> {
  const { messages, pkg } = await publint({ pack: { tarball: one.bytes.buffer }, strict: true });
  return messages.map((message) => {
    const text = `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`;
    return message.type === 'suggestion' ? warning(one.package.path, text) : error(one.package.path, text);
  });
}
