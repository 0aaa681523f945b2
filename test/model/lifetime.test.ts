/** Models live and end: queued work, disposal, two at once, and aborts that settle when native work has stopped. */
import { getEventListeners } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { AbortedError, LetheError } from '../../lib/errors.js';
import { Model } from '../../lib/model/model.js';
import { Random } from '../../lib/random.js';
import { fixture } from '../oracle/fixtures.js';

const adam = {
  kind: 'adamw',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 0,
} as const;

const tokens = Int32Array.from({ length: 30 }, (_, i) => (7 * i) % 61);
const step = {
  microBatches: [[{ tokens, sets: new Uint8Array(30).fill(1) }]],
  terms: [{ loss: 'nll', set: 0, weight: 1 }],
  optimizer: adam,
} as const;

/** Large enough that one call is long work; the weights do not matter. */
function largeModel(): Promise<Model> {
  return Model.create({
    model_type: 'gpt2',
    vocab_size: 512,
    n_positions: 1024,
    n_embd: 128,
    n_layer: 4,
    n_head: 4,
  });
}

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof LetheError ? error.code : `not a LetheError: ${error}`),
  );
}

describe('disposal', () => {
  test('waits for the work that is queued, and refuses what comes later', async () => {
    const model = await Model.load(fixture('objective/start'));
    const [alone] = await model.score([tokens]);
    const jobs = Array.from({ length: 20 }, () => model.score([tokens]));
    const generating = model.generate([{ prompt: tokens.slice(0, 3) }], { maxTokens: 20, temperature: 0 });
    const disposed = model.dispose();
    const late = codeOf(model.score([tokens]));
    for (const job of jobs) expect((await job)[0]).toEqual(alone);
    expect((await generating)[0]!.tokens).toHaveLength(20);
    await disposed;
    expect(await late).toBe('ERR_MODEL_DISPOSED');
  });

  test('happens once however often it is asked for, at the same time too', async () => {
    const model = await Model.load(fixture('objective/start'));
    await Promise.all([model.dispose(), model.dispose(), model[Symbol.asyncDispose]()]);
    await model.dispose();
  });

  test('every call on a disposed model says so', async () => {
    const model = await Model.load(fixture('objective/start'));
    await using reference = await Model.load(fixture('objective/start'));
    await model.dispose();
    const calls: Record<string, () => Promise<unknown>> = {
      score: () => model.score([tokens]),
      generate: () => model.generate([{ prompt: tokens }], { maxTokens: 1 }),
      trainStep: () => model.trainStep(step),
      reference: () =>
        reference.trainStep({ ...step, terms: [{ loss: 'kl', set: 0, weight: 1 }], reference: model }),
      snapshot: () => model.snapshot(),
      save: () => model.save('/nowhere/at/all'),
      saveTrainingState: () => model.saveTrainingState('/nowhere/at/all'),
      loadTrainingState: () => model.loadTrainingState(fixture('objective/start/model.safetensors')),
      readParameter: () => model.readParameter('tokens.weight'),
      readGradient: () => model.readGradient('tokens.weight'),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect([name, await codeOf(call())]).toEqual([name, 'ERR_MODEL_DISPOSED']);
    }
    expect(model.vocabularySize).toBe(61);
  });

  test('of the original leaves its snapshot, and of a reference the step that uses it', async () => {
    await using model = await Model.load(fixture('objective/start'));
    const [before] = await model.score([tokens]);
    const reference = await model.snapshot();
    const copy = await reference.snapshot();
    const training = model.trainStep({
      ...step,
      terms: [...step.terms, { loss: 'kl', set: 0, weight: 1 }],
      reference,
    });
    await reference.dispose();
    expect(Number.isFinite((await training).loss)).toBe(true);
    expect((await copy.score([tokens]))[0]).toEqual(before);
    await copy.dispose();
  });
});

test('a failed load leaves no thread behind', async () => {
  const threads = async () => (await readdir('/proc/self/task')).length;
  // A device that is refused in C++, after the thread of the model has been made.
  const fail = () => codeOf(Model.load(fixture('objective/start'), { device: 'cuda:99' }));
  expect(await fail()).toBe('ERR_INVALID_OPTION');
  const before = await threads();
  for (let i = 0; i < 20; i++) await fail();
  expect(await threads()).toBeLessThan(before + 10);
});

test('two models at once give what each gives alone', async () => {
  await using a = await Model.load(fixture('gpt2-plain'));
  await using b = await Model.load(fixture('gpt2-bare'));
  const random = new Random(5);
  const batch = Array.from({ length: 6 }, () => Int32Array.from({ length: 40 }, () => random.integer(61)));
  const rows = batch.map((prompt) => ({ prompt }));
  const work = (model: Model) => [
    model.score(batch),
    model.generate(rows, { maxTokens: 20, seed: 9 }),
    model.score(batch.toReversed()),
  ];
  const aloneA = await Promise.all(work(a));
  const aloneB = await Promise.all(work(b));
  for (let round = 0; round < 5; round++) {
    const [togetherA, togetherB] = await Promise.all([Promise.all(work(a)), Promise.all(work(b))]);
    expect(togetherA).toEqual(aloneA);
    expect(togetherB).toEqual(aloneB);
  }
});

test('models that are each other’s reference train at the same time', async () => {
  await using a = await Model.load(fixture('objective/start'));
  await using b = await Model.load(fixture('objective/reference'));
  const kl = { ...step, terms: [...step.terms, { loss: 'kl', set: 0, weight: 1 }] } as const;
  const steps = Array.from({ length: 20 }, () => [
    a.trainStep({ ...kl, reference: b }),
    b.trainStep({ ...kl, reference: a }),
    a.trainStep({ ...kl, reference: a }),
  ]);
  for (const { loss } of await Promise.all(steps.flat())) expect(Number.isFinite(loss)).toBe(true);
});

describe('an abort', () => {
  const prompt = Int32Array.of(1, 2, 3);
  const rows = Array.from({ length: 16 }, () => ({ prompt }));

  test('before the call does nothing', async () => {
    await using model = await Model.load(fixture('objective/start'));
    const signal = AbortSignal.abort(new Error('enough'));
    const calls = [
      () => model.score([tokens], { signal }),
      () => model.generate([{ prompt }], { maxTokens: 1, signal }),
      () => model.trainStep({ ...step, signal }),
    ];
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AbortedError);
      expect((error as AbortedError).cause).toBe(signal.reason);
    }
    await expect(model.readGradient('tokens.weight')).rejects.toThrow('gradient');
  });

  test('in the middle of a call settles when native work has stopped', async () => {
    await using model = await largeModel();
    const controller = new AbortController();
    const generating = model.generate(rows, { maxTokens: 1000, signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    expect(await codeOf(generating)).toBe('ERR_ABORTED');
    // What still ran would burn a core: the process rests once the promise has settled.
    const used = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(process.cpuUsage(used).user / 400_000).toBeLessThan(0.5);
    expect(await model.generate([{ prompt }], { maxTokens: 2 })).toHaveLength(1);
  });

  test('stops what waits in the queue as well, and nothing else', async () => {
    await using model = await largeModel();
    const controller = new AbortController();
    const { signal } = controller;
    const sets = new Uint8Array(512).fill(1);
    const microBatches = Array(40).fill([{ tokens: new Int32Array(512).fill(3), sets }]);
    const running = model.trainStep({ ...step, microBatches, signal });
    const waiting = model.score([prompt], { signal });
    const other = model.score([prompt]);
    setTimeout(() => controller.abort(), 50);
    expect(await Promise.all([running, waiting].map(codeOf))).toEqual(['ERR_ABORTED', 'ERR_ABORTED']);
    expect(await other).toHaveLength(1);
  });

  test('of a training step leaves the weights and the optimizer as they were', async () => {
    await using model = await largeModel();
    const sets = new Uint8Array(512).fill(1);
    const own = { ...step, microBatches: Array(40).fill([{ tokens: new Int32Array(512).fill(3), sets }]) };
    const before = await model.readParameter('layers.0.mlp.up.weight');
    const controller = new AbortController();
    const training = model.trainStep({ ...own, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await codeOf(training)).toBe('ERR_ABORTED');
    expect(await model.readParameter('layers.0.mlp.up.weight')).toEqual(before);
    await using twin = await model.snapshot();
    const result = await model.trainStep(step);
    expect(await twin.trainStep(step)).toEqual(result);
    expect(await model.readParameter('layers.0.mlp.up.weight')).toEqual(
      await twin.readParameter('layers.0.mlp.up.weight'),
    );
  });

  test('after the end changes nothing, and no listener stays on the signal', async () => {
    await using model = await Model.load(fixture('objective/start'));
    const controller = new AbortController();
    for (let i = 0; i < 20; i++) await model.score([tokens], { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    controller.abort();
    expect(await model.score([tokens])).toHaveLength(1);
  });
});
