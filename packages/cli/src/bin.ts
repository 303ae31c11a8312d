#!/usr/bin/env node
// Nothing is imported statically here: an old Node.js must get as far as the message.
const wantedMajor = 22;
const foundMajor = Number(process.versions.node.split('.')[0]);
if (foundMajor < wantedMajor) {
  process.stderr.write(
    `speech-tokens needs Node.js ${wantedMajor} or later; this is ${process.versions.node}.\n` +
      'Install a newer one from https://nodejs.org, or run it with: npx -p node@24 -p speech-tokens speech-tokens\n',
  );
  process.exitCode = 1;
} else {
  const { runProcess } = await import('./run-process.ts');
  await runProcess();
}
