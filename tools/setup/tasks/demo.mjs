import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, parse, relative, resolve } from 'node:path';
import { run } from '../lib/child-process.mjs';
import { repositoryRoot, userFolder } from '../lib/paths.mjs';
import { prepare } from '../lib/prepare.mjs';
import { SetupError, say } from '../lib/report.mjs';
import { commandFile, commandPackage } from './speech-tokens.mjs';

const defaultRecording = join(repositoryRoot, 'examples', 'audio', 'sense-and-sensibility.wav');

/** From a recording to tokens, to a picture, and back to sound. @type {import('../lib/main.mjs').Task} */
export async function task(args) {
  const recording = recordingToShow(args);
  const { toolchain, env } = await prepare({ buildFor: commandPackage });
  const outputFolder = join(repositoryRoot, 'demo-output');
  await mkdir(outputFolder, { recursive: true });
  const { name } = parse(recording);
  const tokens = join(outputFolder, `${name}.safetensors`);
  const decoded = join(outputFolder, `${name}.decoded.wav`);
  const steps = [
    ['inspect', recording],
    ['tokenize', recording, '--out', tokens],
    ['detokenize', tokens, '--out', decoded],
  ];
  for (const stepArgs of steps) {
    say(`$ speech-tokens ${stepArgs.map(shown).join(' ')}`);
    const exitCode = await run(toolchain.node, [commandFile, ...stepArgs], { cwd: userFolder(), env });
    if (exitCode !== 0) return exitCode;
    say('');
  }
  say(
    [
      'What you have now:',
      `  the recording       ${shown(recording)}`,
      `  its tokens          ${shown(tokens)}`,
      `  decoded from them   ${shown(decoded)}   (listen to both)`,
      '',
      'What to try next:',
      '  npm run demo -- path/to/any.wav                       your own recording (WAV, FLAC, MP3, Ogg, Opus, M4A, AIFF)',
      `  npm run speech-tokens -- inspect ${shown(tokens)}`,
      `  npm run speech-tokens -- detokenize ${shown(tokens)} --codebooks 2 --out two-codebooks.wav`,
      '  npm run speech-tokens -- --help                       every command',
      '  npm test                                              every test',
    ].join('\n'),
  );
  return 0;
}

/**
 * @param {readonly string[]} args
 * @returns {string} absolute path
 */
export function recordingToShow(args) {
  if (args.length > 1 || args[0]?.startsWith('-')) {
    throw new SetupError(`The demo takes one audio file: npm run demo -- path/to/any.wav\nFound: ${args.join(' ')}`, 2);
  }
  if (args[0] === undefined) return defaultRecording;
  const path = resolve(userFolder(), args[0]);
  if (!existsSync(path)) throw new SetupError(`There is no file ${path}. Give the path of an audio file.`, 2);
  if (!statSync(path).isFile()) throw new SetupError(`${path} is not a file. Give the path of an audio file.`, 2);
  return path;
}

/** As a user in the same folder would type it. @param {string} part */
function shown(part) {
  if (part.startsWith('--') || !part.includes(repositoryRoot)) return part;
  const fromHere = relative(userFolder(), part);
  return fromHere.startsWith('..') ? part : fromHere;
}
