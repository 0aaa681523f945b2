/** The kernels for AVX-512 and AVX2 and the path without either, as far as this processor has them, give the same results, and rows independent of each other. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runFresh } from '../native/fresh-process.js';
import { distance } from '../oracle/fixtures.js';

interface Results {
  readonly logprobs: number[];
  readonly alone: number[][];
  readonly together: number[][];
}

/** Odd sizes, so that tiles and vectors have remainders; grouped heads, a window and rotary positions; GPT-2's biases. */
const CONFIGS = [
  {
    model_type: 'qwen2',
    vocab_size: 263,
    hidden_size: 44,
    intermediate_size: 71,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 22,
    max_position_embeddings: 128,
    use_sliding_window: true,
    sliding_window: 9,
    max_window_layers: 1,
  },
  { model_type: 'gpt2', vocab_size: 501, n_positions: 128, n_embd: 1100, n_layer: 1, n_head: 10 },
];

/** What libtorch asks of a processor for each of its capabilities; told to use one that is not there, it ends with SIGILL. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  avx512: ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'fma'],
  avx2: ['avx2', 'fma'],
  default: [],
};

/** The widest first. Without /proc/cpuinfo only the path that every processor has is known to be there. */
function capabilitiesHere(): string[] {
  const info = process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const flags = new Set(/^flags\s*:(.*)$/m.exec(info)?.[1]?.trim().split(' '));
  return Object.keys(NEEDS).filter((name) => NEEDS[name]!.every((flag) => flags.has(flag)));
}

/** libtorch reads the variable once in a process. */
function resultsWith(capability: string, config: object): Results {
  const body = `
    const { Model } = await import('./lib/model/model.ts');
    const model = await Model.create(${JSON.stringify(config)}, { seed: 5 });
    const rows = [3, 40, 17, 1, 8, 25, 2].map((length, i) => ({
      prompt: Int32Array.from({ length }, (_, t) => (31 * i + 7 * t + t * t) % 251),
      seed: BigInt(i),
    }));
    const options = { maxTokens: 40, temperature: 1.2, topK: 30 };
    const ids = (generations) => generations.map(({ tokens }) => [...tokens]);
    const alone = [];
    for (const row of rows) alone.push(...ids(await model.generate([row], options)));
    const together = ids(await model.generate(rows, options));
    const [{ logprobs }] = await model.score([rows[1].prompt]);
    return { logprobs: [...logprobs], alone, together };`;
  const results = runFresh(body, { ATEN_CPU_CAPABILITY: capability });
  expect(results).not.toHaveProperty('error');
  return results as Results;
}

test.each(CONFIGS)('$model_type', (config) => {
  const [widest, ...others] = capabilitiesHere().map((set) => resultsWith(set, config));
  for (const results of [widest!, ...others]) expect(results.together).toEqual(results.alone);
  for (const results of others) {
    expect(distance(results.logprobs, widest!.logprobs)).toBeLessThan(1e-4);
    // A draw may fall on the other side of a rounding; whole texts do not differ.
    const same = results.together.filter((tokens, i) => tokens.join() === widest!.together[i]!.join());
    expect(same.length).toBeGreaterThanOrEqual(6);
  }
});
