import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { measureLoss } from '../../lib/memorization/loss.js';
import type { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { type TrainEvent, type TrainOptions, train } from '../../lib/training/train.js';
import { CONTEXT, sequencesOf, tinyModel } from '../memorization/tiny.js';

const sequences = sequencesOf(10, 6, 30, 2);
const options = {
  epochs: 4,
  batchSize: 4,
  learningRate: 5e-3,
  schedule: { decay: 'cosine', warmupSteps: 3 },
} as const;

let directory: string;
let model: Model;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-train-'));
  model = await tinyModel();
});
afterEach(async () => {
  await model.dispose();
  await rm(directory, { recursive: true });
});

async function weightsOf(of: Model): Promise<Record<string, Float32Array>> {
  const entries = of.parameterNames().map(async (name) => [name, await of.readParameter(name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Runs until the given step, then aborts. */
async function interrupt(of: Model, at: number, given: TrainOptions): Promise<unknown> {
  const controller = new AbortController();
  const events = train(of, sequences, { ...given, signal: controller.signal });
  return drain(events, (event) => {
    if (event.type === 'step' && event.step === at) controller.abort();
  }).catch((error: unknown) => error);
}

describe('train', () => {
  test('lowers the loss, tells every step, and returns the history', async () => {
    const before = await drain(measureLoss(model, sequences));
    const events: TrainEvent[] = [];
    const result = await drain(train(model, sequences, options), (event) => events.push(event));
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ step, epoch }) => [step, epoch])).toEqual(
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4].map((epoch, i) => [i + 1, epoch]),
    );
    expect(steps[2]!.learningRate).toBe(5e-3);
    expect(result).toMatchObject({ steps: 12, epochs: 4, stopReason: 'steps' });
    expect(result.losses).toEqual(steps.map(({ loss }) => loss));
    expect(result.finalLoss).toBeCloseTo(
      (result.losses[9]! + result.losses[10]! + result.losses[11]!) / 3,
      12,
    );
    expect((await drain(measureLoss(model, sequences))).loss).toBeLessThan(before.loss - 0.3);
    expect(events.at(-1)).toMatchObject({
      type: 'progress',
      step: 'train',
      done: 12,
      total: 12,
      unit: 'steps',
    });
  });

  test('the loss of a step is that of its batch before the step', async () => {
    const { loss } = await drain(measureLoss(model, sequences));
    const { losses } = await drain(train(model, sequences, { steps: 1, batchSize: 10, learningRate: 1e-3 }));
    expect(losses[0]).toBeCloseTo(loss, 5);
  });

  test('the same call gives the same weights, another seed others', async () => {
    await using same = await tinyModel();
    await using other = await tinyModel();
    const result = await drain(train(model, sequences, options));
    expect(await drain(train(same, sequences, options))).toEqual(result);
    expect(await weightsOf(same)).toEqual(await weightsOf(model));
    await drain(train(other, sequences, { ...options, seed: 1 }));
    expect(await weightsOf(other)).not.toEqual(await weightsOf(model));
  });

  test('micro-batches change memory, not the mathematics', async () => {
    await using cut = await tinyModel();
    const whole = await drain(train(model, sequences, { ...options, steps: 3, epochs: undefined }));
    const small = { ...options, steps: 3, epochs: undefined, microBatchTokens: 1 };
    const inParts = await drain(train(cut, sequences, small));
    for (const [i, loss] of whole.losses.entries()) expect(inParts.losses[i]).toBeCloseTo(loss, 5);
  });

  test('stops at the end of the first epoch that reaches the loss', async () => {
    const stopWhen = { loss: 1.5 };
    const result = await drain(train(model, sequences, { ...options, epochs: 200, schedule: {}, stopWhen }));
    expect(result.stopReason).toBe('loss');
    expect(result.steps % 3).toBe(0);
    expect(result.epochs).toBeLessThan(200);
    expect(result.finalLoss).toBeLessThanOrEqual(1.5);
    const epochBefore = result.losses.slice(-6, -3);
    expect(epochBefore.reduce((a, b) => a + b) / 3).toBeGreaterThan(1.5);
  });

  test('an aborted run keeps the weights of its last whole step', async () => {
    expect(await interrupt(model, 5, options)).toMatchObject({ code: 'ERR_ABORTED' });
    await using same = await tinyModel();
    let done = 0;
    for await (const event of train(same, sequences, options)) {
      if (event.type === 'step') done = event.step;
      if (done === 5) break;
    }
    expect(await weightsOf(model)).toEqual(await weightsOf(same));
  });
});

describe('a state directory', () => {
  test('an interrupted run goes on to the numbers of one that never was', async () => {
    const straight = await drain(train(model, sequences, options));
    const kept = { ...options, stateDirectory: join(directory, 'deep', 'state') };
    for (const at of [2, 7]) {
      await using broken = await tinyModel();
      expect(await interrupt(broken, at, kept)).toMatchObject({ code: 'ERR_ABORTED' });
    }
    await using last = await tinyModel();
    const seen: number[] = [];
    const resumed = await drain(train(last, sequences, kept), (event) => {
      if (event.type === 'step') seen.push(event.step);
    });
    expect(seen).toEqual([8, 9, 10, 11, 12]);
    expect(resumed).toEqual(straight);
    expect(await weightsOf(last)).toEqual(await weightsOf(model));
  });

  test('goes on after the consumer left, and from a save in mid-run', async () => {
    const kept = { ...options, stateDirectory: directory, saveEverySeconds: 1e-9 };
    for await (const event of train(model, sequences, kept)) {
      if (event.type === 'step' && event.step === 3) break;
    }
    expect((await readdir(directory)).toSorted()).toEqual(['run-state.json', 'step-3']);
    await using next = await tinyModel();
    const result = await drain(train(next, sequences, kept));
    await using straight = await tinyModel();
    expect(result).toEqual(await drain(train(straight, sequences, options)));
  });

  test('a finished run is not run again', async () => {
    const kept = { ...options, stateDirectory: directory };
    const result = await drain(train(model, sequences, kept));
    await using again = await tinyModel();
    const events: TrainEvent[] = [];
    expect(await drain(train(again, sequences, kept), (event) => events.push(event))).toEqual(result);
    expect(events).toEqual([]);
    expect(await weightsOf(again)).toEqual(await weightsOf(model));
  });

  test.each([
    ['learningRate', { learningRate: 1e-3 }, {}],
    ['seed', { seed: 43 }, {}],
    ['sequences', {}, { others: true }],
    ['model', {}, { seed: 2 }],
  ])(
    'of another %s is refused',
    async (what, changed, { others, seed }: { others?: boolean; seed?: number }) => {
      const kept = { ...options, steps: 1, epochs: undefined, stateDirectory: directory };
      await drain(train(model, sequences, kept));
      await using fresh = await tinyModel(seed);
      const again = drain(train(fresh, others ? sequences.slice(1) : sequences, { ...kept, ...changed }));
      await expect(again).rejects.toMatchObject({
        code: 'ERR_RUN_MISMATCH',
        message: expect.stringContaining(what),
      });
    },
  );

  test.each(['', '{"version": 9}', '{"version": 1}', 'not json'])(
    'that holds %j is refused',
    async (text) => {
      await writeFile(join(directory, 'run-state.json'), text);
      const refused = drain(train(model, sequences, { ...options, stateDirectory: directory }));
      await expect(refused).rejects.toMatchObject({ code: 'ERR_FILE_FORMAT' });
      expect(await readFile(join(directory, 'run-state.json'), 'utf8')).toBe(text);
    },
  );

  test('that is a file is refused', async () => {
    await writeFile(join(directory, 'file'), '');
    const stateDirectory = join(directory, 'file', 'state');
    await expect(drain(train(model, sequences, { ...options, stateDirectory }))).rejects.toThrow(
      /a part of its path is not a directory/,
    );
  });
});

describe('misuse', () => {
  test.each<[string, object, RegExp]>([
    ['no length', { epochs: undefined }, /Expected exactly one of epochs and steps for options of train/],
    ['two lengths', { steps: 3 }, /Expected exactly one of epochs and steps for options of train/],
    ['no learning rate', { learningRate: undefined }, /number for learningRate in options of train/],
    [
      'a learning rate of 0',
      { learningRate: 0 },
      /number > 0 for learningRate in options of train but received 0/,
    ],
    ['a beta of 1', { betas: [0.9, 1] }, /number < 1 for betas\.1 in options of train but received 1/],
    ['an optimizer', { optimizer: 'sgd' }, /one of "adam", "adamw" for optimizer in options of train/],
    [
      'a misspelling',
      { learning_rate: 1 },
      /only known keys in options of train but received "learning_rate"/,
    ],
  ])('%s', async (_, changed, message) => {
    await expect(drain(train(model, sequences, { ...options, ...changed }))).rejects.toThrow(message);
  });

  test.each<[string, Int32Array[], RegExp]>([
    ['no sequences', [], /at least one sequence to train on but received none/],
    [
      'a short one',
      [sequences[0]!, Int32Array.of(1)],
      /two tokens in every sequence to train on but sequence 1 has 1/,
    ],
    ['a long one', [new Int32Array(CONTEXT + 1)], /context/],
  ])('%s', async (_, given, message) => {
    await expect(drain(train(model, given, options))).rejects.toThrow(message);
  });

  test('a loss that is not finite ends the run with the last good weights', async () => {
    const wild = { steps: 50, batchSize: 10, learningRate: 1e30, maxGradNorm: 0, stateDirectory: directory };
    let steps = 0;
    const failed = drain(train(model, sequences, wild), (event) => {
      if (event.type === 'step') steps = event.step;
    });
    await expect(failed).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' });
    const state = JSON.parse(await readFile(join(directory, 'run-state.json'), 'utf8'));
    expect(state.state.losses).toHaveLength(steps);
    expect(state.state.losses.every(Number.isFinite)).toBe(true);
  });
});
