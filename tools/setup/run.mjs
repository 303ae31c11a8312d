// The one entry of `npm run demo`, `npm test`, `npm run speech-tokens` and `npm run pnpm`.
// Plain JavaScript without dependencies: it runs before anything is installed, on the Node.js that the machine has.

const oldestNodeMajor = 20;

if (Number(process.versions.node.split('.')[0]) < oldestNodeMajor) {
  console.error(
    `This needs Node.js ${oldestNodeMajor} or later; this is Node.js ${process.versions.node} (${process.execPath}).\n` +
      'Get a newer one from https://nodejs.org, then run the same command again.',
  );
  process.exit(1);
}

// Loaded only now, so that an old Node.js gives the message above and not a syntax error.
const { main } = await import('./lib/main.mjs');
await main(process.argv.slice(2));
