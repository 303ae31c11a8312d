import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
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
  const tokens = join(outputFolder, `${name}.tokens.safetensors`);
  const decoded = join(outputFolder, `${name}.decoded.wav`);
  const steps = [
    ['inspect', shown(recording)],
    ['tokenize', shown(recording), '--out', shown(tokens), '--force'],
    ['detokenize', shown(tokens), '--out', shown(decoded), '--force'],
  ];
  for (const stepArgs of steps) {
    say(`$ speech-tokens ${stepArgs.map(quoted).join(' ')}`);
    const exitCode = await run(toolchain.node, [commandFile, ...stepArgs], { cwd: userFolder(), env });
    if (exitCode !== 0) return exitCode;
    say('');
  }
  say(
    [
      'What you have now:',
      `  the recording       ${quoted(shown(recording))}`,
      `  its tokens          ${quoted(shown(tokens))}`,
      `  decoded from them   ${quoted(shown(decoded))}   (listen to both)`,
      '',
      'What to try next:',
      '  npm run demo -- path/to/any.wav                       your own recording (WAV, FLAC, MP3, Ogg, Opus, AIFF)',
      `  npm run speech-tokens -- inspect ${quoted(shown(tokens))}`,
      `  npm run speech-tokens -- detokenize ${quoted(shown(tokens))} --codebooks 2 --out two-codebooks.wav`,
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

/** As a user in the same folder would type it: relative where the file lies below. @param {string} path */
function shown(path) {
  const fromHere = relative(userFolder(), path);
  if (fromHere.startsWith('..') || isAbsolute(fromHere)) return path;
  return fromHere.startsWith('-') ? `.${sep}${fromHere}` : fromHere;
}

/** For reading only: nothing here goes through a shell. @param {string} part */
function quoted(part) {
  return /\s/.test(part) ? `"${part}"` : part;
}
