import { expect, test } from 'vitest';
import { commandLines } from './command-lines.ts';

test('calls are split into arguments; comments are left out', () => {
  expect(
    commandLines(
      '# first\nspeech-tokens inspect a.wav  # shows it\nnpx speech-tokens tokenize "my file.wav"\n\nnpm run speech-tokens -- doctor --json > out.json',
    ),
  ).toEqual([
    { args: ['inspect', 'a.wav'] },
    { args: ['tokenize', 'my file.wav'] },
    { args: ['doctor', '--json'], outputFile: 'out.json' },
  ]);
});

test.each(['rm -rf x', 'speech-tokens a | cat', 'speech-tokens a > b c', 'npm run demo'])('%s is refused', (line) => {
  expect(() => commandLines(line)).toThrow(line);
});
