// The codec steps:mean with a pause in every push: for tests that interrupt it, or look at its progress. Where
// STEPS_SLOW_MARKER names a file, it is written when the first push begins.
import { writeFileSync } from 'node:fs';
import steps from '../steps/index.js';

const pauseMs = 100;
const title = 'steps:mean with a pause in every push';

function pause(signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, pauseMs);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

function slowed(component) {
  const load = async () => {
    const quick = await component.load();
    const open = async (settings) => {
      const session = await quick.streaming.open(settings);
      const push = async (input, options) => {
        if (process.env.STEPS_SLOW_MARKER) writeFileSync(process.env.STEPS_SLOW_MARKER, 'pushing');
        await pause(options?.signal);
        return session.push(input, options);
      };
      return { ...session, push };
    };
    return { ...quick, streaming: { ...quick.streaming, open } };
  };
  return { ...component, id: 'steps:slow', title, load };
}

const quickOnes = steps.components.filter(({ id }) => id === 'steps:mean');

export default { specificationVersion: 'v1', components: quickOnes.map(slowed) };
