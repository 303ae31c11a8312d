/** usage: pnpm bench [byte-pairs | codec | codecs | parity | steps | memory | ssl | ssl-windows | supervised | kmeans | slm | slm-parity | slm-hour | corpus | cli] … */
const benchmarks: Readonly<Record<string, () => Promise<unknown>>> = {
  'byte-pairs': () => import('./byte-pairs/speed.ts'),
  codec: () => import('./codec-speed.ts'),
  codecs: () => import('./codecs/speed.ts'),
  parity: () => import('./codecs/parity.ts'),
  steps: () => import('./codecs/steps.ts'),
  memory: () => import('./codecs/memory.ts'),
  ssl: () => import('./ssl/units-speed.ts'),
  'ssl-windows': () => import('./ssl/windows.ts'),
  supervised: () => import('./ssl/supervised.ts'),
  kmeans: () => import('./ssl/kmeans.ts'),
  slm: () => import('./slm/step-speed.ts'),
  'slm-parity': () => import('./slm/parity.ts'),
  'slm-hour': () => import('./slm/hour.ts'),
  corpus: () => import('./codec-corpus.ts'),
  cli: () => import('./cli.ts'),
};

const [name = 'codec'] = process.argv.splice(2, 1);
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  console.error(`There is no benchmark ${name}; there are ${Object.keys(benchmarks).join(', ')}.`);
  process.exitCode = 2;
} else {
  await benchmark();
}
