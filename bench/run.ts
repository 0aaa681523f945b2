/**
 * `npm run bench -- NAME [options]`: one of the comparisons with a peer below, or `throughput` for Lethe alone.
 * See README.md for what each does.
 */
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  decode: () => import('./decode.js'),
  ragged: () => import('./ragged.js'),
  elicit: () => import('./elicit.js'),
  score: () => import('./score.js'),
  int8: () => import('./int8.js'),
  load: () => import('./load.js'),
  tokenize: () => import('./tokenize.js'),
  secrets: () => import('./secrets.js'),
  planted: () => import('./planted.js'),
  analyze: () => import('./analyze.js'),
  clones: () => import('./clones.js'),
  spans: () => import('./spans.js'),
  throughput: () => import('./throughput.js'),
};

const [name] = process.argv.slice(2);
const bench = name !== undefined && Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) {
  throw new Error(
    `Expected one of ${Object.keys(BENCHES).join(', ')} for a bench but received ${name ?? 'none'}.`,
  );
}
await bench();
