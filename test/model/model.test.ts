import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { Random } from '../../lib/random.js';

const CONFIG = {
  model_type: 'gpt2',
  vocab_size: 61,
  n_positions: 48,
  n_embd: 24,
  n_layer: 2,
  n_head: 3,
  initializer_range: 0.4,
};
const OPTIMIZER = {
  kind: 'adamw',
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 0,
} as const;

function sequence(seed: number, length: number): Int32Array {
  const random = new Random(seed);
  return Int32Array.from({ length }, () => random.integer(CONFIG.vocab_size));
}

const everyToken = (tokens: Int32Array) => ({ tokens, sets: new Uint8Array(tokens.length).fill(1) });

describe('Model', () => {
  let directory: string;
  let model: Model;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lethe-model-'));
    model = await Model.create(CONFIG, { seed: 5 });
  });
  afterAll(async () => {
    await model.dispose();
    await rm(directory, { recursive: true });
  });

  it('scores a batch as it scores its rows alone', async () => {
    const sequences = [3, 48, 17, 1, 30].map((length, i) => sequence(i, length));
    const together = await model.score(sequences);
    for (const [i, tokens] of sequences.entries()) {
      const [alone] = await model.score([tokens]);
      expect(together[i]!.ranks).toEqual(alone!.ranks);
      expect(together[i]!.hits).toEqual(alone!.hits);
      for (const [t, logprob] of alone!.logprobs.entries())
        expect(together[i]!.logprobs[t]).toBeCloseTo(logprob, 5);
    }
    expect(together[3]!.logprobs).toHaveLength(0);
  });

  it('scores probabilities that sum to one over the vocabulary', async () => {
    const prefix = sequence(9, 7);
    const sequences = Array.from({ length: CONFIG.vocab_size }, (_, id) => Int32Array.from([...prefix, id]));
    const scores = await model.score(sequences);
    const last = scores.map(({ logprobs }) => Math.exp(logprobs.at(-1)!));
    expect(last.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(scores.map(({ ranks }) => ranks.at(-1)!).sort((a, b) => a - b)).toEqual(
      sequences.map((_, i) => i),
    );
  });

  it('decodes a row the same alone and among others, from a shared prompt or from its prefix', async () => {
    const prompt = sequence(2, 20);
    const starts = [1, 7, 20, 13];
    const rows = starts.map((start, i) => ({ prompt, start, maxTokens: 10 + i, seed: BigInt(i) }));
    for (const temperature of [0, 1]) {
      const together = await model.generate(rows, { maxTokens: 12, temperature, topK: 20, topP: 0.9 });
      for (const [i, row] of rows.entries()) {
        const alone = { ...row, prompt: prompt.slice(0, row.start), start: row.start };
        const [expected] = await model.generate([alone], { maxTokens: 12, temperature, topK: 20, topP: 0.9 });
        expect(together[i]!.tokens).toEqual(expected!.tokens);
        expect(together[i]!.tokens).toHaveLength(row.maxTokens);
      }
    }
  });

  it('decodes greedily what scoring calls a hit', async () => {
    const prompt = sequence(3, 5);
    const [generated] = await model.generate([{ prompt }], { maxTokens: 30, temperature: 0 });
    const [score] = await model.score([Int32Array.from([...prompt, ...generated!.tokens])]);
    expect([...score!.hits.slice(prompt.length - 1)]).toEqual(new Array(30).fill(1));
  });

  it('ends a row at a stop id and says so', async () => {
    const prompt = sequence(3, 5);
    const [free] = await model.generate([{ prompt }], { maxTokens: 10, temperature: 0 });
    const stop = free!.tokens[4]!;
    const [stopped] = await model.generate([{ prompt }], { maxTokens: 10, temperature: 0, stopIds: [stop] });
    expect(stopped!.stopReason).toBe('stop');
    expect(stopped!.tokens).toEqual(free!.tokens.slice(0, free!.tokens.indexOf(stop) + 1));
    expect(free!.stopReason).toBe('length');
  });

  it('loads what it saved, byte for byte', async () => {
    await model.save(directory);
    await using loaded = await Model.load(directory);
    for (const name of model.parameterNames()) {
      expect(await loaded.readParameter(name)).toEqual(await model.readParameter(name));
    }
    await loaded.save(join(directory, 'again'));
    const files = [directory, join(directory, 'again')].map((path) =>
      readFile(join(path, 'model.safetensors')),
    );
    const [first, second] = await Promise.all(files);
    expect(first!.equals(second!)).toBe(true);
  });

  it('computes the gradient that finite differences show', async () => {
    await using trained = await Model.create({ ...CONFIG, n_layer: 1, n_embd: 6, n_head: 2 }, { seed: 1 });
    await using reference = await Model.create({ ...CONFIG, n_layer: 1, n_embd: 6, n_head: 2 }, { seed: 2 });
    const sequences = [sequence(1, 9), sequence(2, 5)];
    const microBatches = [
      sequences.map((tokens) => ({ tokens, sets: Uint8Array.from(tokens, (_, i) => (i % 3 === 0 ? 1 : 2)) })),
    ];
    const terms = [
      { loss: 'nll', set: 0, weight: -1 },
      { loss: 'nll', set: 1, weight: 0.5 },
      { loss: 'kl', set: 0, weight: -0.7 },
    ] as const;
    // A step with learning rate 0 tells the objective and leaves the weights alone.
    const still = { ...OPTIMIZER, learningRate: 0 };
    await trained.trainStep({ microBatches, terms, optimizer: still, reference });
    const gradient = await trained.readGradient('layers.0.mlp.down.bias');
    // Adam's first step moves each weight by the learning rate against the sign of its gradient.
    const step = 1e-3;
    const before = await trained.trainStep({ microBatches, terms, optimizer: still, reference });
    const moved = { ...OPTIMIZER, kind: 'adam', learningRate: step } as const;
    await using copy = await trained.snapshot();
    const names = copy.parameterNames();
    const gradients = await Promise.all(names.map((name) => trained.readGradient(name)));
    await copy.trainStep({ microBatches, terms, optimizer: moved, reference });
    const after = await copy.trainStep({ microBatches, terms, optimizer: still, reference });
    const expected =
      -step * gradients.flatMap((values) => [...values]).reduce((sum, value) => sum + Math.abs(value), 0);
    expect(gradient.some((value) => Math.abs(value) > 1e-4)).toBe(true);
    expect((after.loss - before.loss) / expected).toBeCloseTo(1, 1);
  });

  it('gives the same step whether its sequences come in one micro-batch or in several', async () => {
    const sequences = [sequence(1, 9), sequence(2, 30), sequence(3, 4)].map(everyToken);
    const terms = [{ loss: 'nll', set: 0, weight: 1 }] as const;
    await using one = await Model.create(CONFIG, { seed: 3 });
    await using many = await Model.create(CONFIG, { seed: 3 });
    const together = await one.trainStep({ microBatches: [sequences], terms, optimizer: OPTIMIZER });
    const split = await many.trainStep({
      microBatches: sequences.map((item) => [item]),
      terms,
      optimizer: OPTIMIZER,
    });
    expect(split.loss).toBeCloseTo(together.loss, 5);
    expect(split.gradNorm / together.gradNorm).toBeCloseTo(1, 4);
  });

  it('goes on training from a saved state as if it had not stopped', async () => {
    const microBatches = [[everyToken(sequence(1, 20))]];
    const terms = [{ loss: 'nll', set: 0, weight: 1 }] as const;
    const step = (target: Model) => target.trainStep({ microBatches, terms, optimizer: OPTIMIZER });
    await using straight = await Model.create(CONFIG, { seed: 4 });
    await step(straight);
    await step(straight);
    await straight.save(join(directory, 'half'));
    await straight.saveTrainingState(join(directory, 'half', 'state.safetensors'));
    await using resumed = await Model.load(join(directory, 'half'));
    await resumed.loadTrainingState(join(directory, 'half', 'state.safetensors'));
    expect(await step(resumed)).toEqual(await step(straight));
    for (const name of straight.parameterNames()) {
      expect(await resumed.readParameter(name)).toEqual(await straight.readParameter(name));
    }
  });

  it('loads bfloat16 weights as the nearest of its float32 ones', async () => {
    await model.save(join(directory, 'full'));
    await using half = await Model.load(join(directory, 'full'), { dtype: 'bfloat16' });
    const exact = await model.readParameter('tokens.weight');
    const rounded = await half.readParameter('tokens.weight');
    for (const [i, value] of exact.entries())
      expect(Math.abs(rounded[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 256);
    const [score] = await half.score([sequence(1, 10)]);
    const [full] = await model.score([sequence(1, 10)]);
    for (const [i, value] of full!.logprobs.entries())
      expect(Math.abs(score!.logprobs[i]! - value)).toBeLessThan(0.2);
  });
});
