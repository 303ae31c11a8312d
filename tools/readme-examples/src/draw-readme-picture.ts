// Draws the picture of the root README from what the command really prints:
//   npm run pnpm -- picture
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runExample } from './run-example.ts';
import { terminalCells } from './terminal-cells.ts';
import { terminalSvg } from './terminal-svg.ts';

const root = resolve(import.meta.dirname, '../../..');
const args = ['inspect', 'sense-and-sensibility.wav'];
const { exitCode, output } = await runExample(
  join(root, 'packages', 'cli', 'src', 'bin.ts'),
  args,
  join(root, 'examples', 'audio'),
  { environment: { NO_COLOR: undefined, FORCE_COLOR: '3', COLUMNS: '110' } },
);
if (exitCode !== 0) throw new Error(`speech-tokens ${args.join(' ')} ended with ${exitCode}:\n${output}`);

const picture = join(root, 'docs', 'inspect.svg');
const shown = `$ speech-tokens ${args.join(' ')}\n${output.trimEnd()}`;
await mkdir(join(root, 'docs'), { recursive: true });
await writeFile(picture, terminalSvg(terminalCells(shown), `speech-tokens ${args.join(' ')}`));
console.log(`Wrote ${picture}`);
