/**
 * Measures Lethe alone: `npm run bench -- throughput [--config tiny|small] [--repeat N] [BENCH...]`. One JSON object a line on stdout.
 * Tokens are those that the caller asked for, not those of padding or of work that was saved.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureMemorization } from '../lib/memorization/measure.js';
import { Model, type Tokens } from '../lib/model/model.js';
import { drain } from '../lib/progress.js';
import { Random } from '../lib/random.js';
import { type BenchName, CONFIGS, type ConfigName, PROMPT_TOKENS, SIZES } from './cases.js';

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  allowPositionals: true,
  options: { config: { type: 'string', default: 'tiny' }, repeat: { type: 'string', default: '3' } },
});

function requireKey<K extends string>(table: Readonly<Record<K, unknown>>, key: string, what: string): K {
  if (Object.hasOwn(table, key)) return key as K;
  throw new Error(`Expected one of ${Object.keys(table).join(', ')} for ${what} but received ${key}.`);
}

const configName: ConfigName = requireKey(CONFIGS, values.config, '--config');
const names = positionals.length > 0 ? positionals : Object.keys(SIZES);
const repeat = Number(values.repeat);
if (!Number.isInteger(repeat) || repeat < 1) {
  throw new Error(`Expected an integer >= 1 for --repeat but received ${values.repeat}.`);
}

const config = { model_type: 'gpt2', ...CONFIGS[configName] };
await using model = await Model.create(config);
await using reference = await model.snapshot();

function sequences(rows: number, tokens: number): Tokens[] {
  const random = new Random(1);
  return Array.from({ length: rows }, () =>
    Int32Array.from({ length: tokens }, () => random.integer(model.vocabularySize)),
  );
}

/** Does the work once and returns how many tokens it was. */
const WORK: Readonly<Record<BenchName, (rows: number, tokens: number) => Promise<number>>> = {
  generate: async (rows, tokens) => {
    const prompts = sequences(rows, PROMPT_TOKENS).map((prompt) => ({ prompt }));
    const maxTokens = tokens - PROMPT_TOKENS;
    const out = await model.generate(prompts, { maxTokens, topK: 40, batchRows: rows });
    return out.reduce((sum, row) => sum + row.tokens.length, 0);
  },
  score: async (rows, tokens) => {
    await model.score(sequences(rows, tokens));
    return rows * tokens;
  },
  'train-step': async (rows, tokens) => {
    const sets = Uint8Array.from({ length: tokens }, (_, i) => (i % 4 === 0 ? 1 : 2));
    await model.trainStep({
      microBatches: [sequences(rows, tokens).map((own) => ({ tokens: own, sets }))],
      terms: [
        { loss: 'nll', set: 0, weight: -1 },
        { loss: 'nll', set: 1, weight: 0.1 },
        { loss: 'kl', set: 0, weight: -0.1 },
      ],
      optimizer: {
        kind: 'adam',
        learningRate: 3e-6,
        beta1: 0.9,
        beta2: 0.98,
        epsilon: 1e-8,
        weightDecay: 0,
        maxGradNorm: 0,
      },
      reference,
    });
    return rows * tokens;
  },
  el: async (rows, tokens) => {
    await drain(measureMemorization(model, sequences(rows, tokens)));
    return rows * tokens;
  },
};

for (const given of names) {
  const name: BenchName = requireKey(SIZES, given, 'a bench');
  const { rows, tokens } = SIZES[name];
  const seconds: number[] = [];
  let done = 0;
  // The first round warms caches and allocators and does not count.
  for (let round = 0; round <= repeat; round++) {
    const start = process.hrtime.bigint();
    done = await WORK[name](rows, tokens);
    if (round > 0) seconds.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  seconds.sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)]!;
  console.log(
    JSON.stringify({
      system: 'lethe',
      bench: name,
      config: configName,
      seconds: Number(median.toFixed(4)),
      tokensPerSecond: Math.round(done / median),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
      cpus: cpus().length,
      node: process.version,
    }),
  );
}
