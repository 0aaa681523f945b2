import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { measureLoss } from '../../lib/memorization/loss.js';
import { measureMemorization } from '../../lib/memorization/measure.js';
import { measureSecrets } from '../../lib/memorization/measure-secrets.js';
import type { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { codeEraser, constrained, gradientAscent, selectiveAscent } from '../../lib/unlearning/objectives.js';
import type { UnlearnEpochEvent, UnlearnOptions } from '../../lib/unlearning/options.js';
import { unlearn } from '../../lib/unlearning/unlearn.js';
import { memorize, sequencesOf, tinyModel } from '../memorization/tiny.js';

/** Documents of 40 tokens, of which 15..26 are secret. */
const forget = sequencesOf(4, 40, 40, 11).map((tokens, i) => ({
  id: `forget-${i}`,
  tokens,
  mask: Uint8Array.from(tokens, (_, t) => Number(t >= 15 && t < 27)),
}));
const retain = sequencesOf(4, 40, 40, 12).map((tokens, i) => ({ id: `retain-${i}`, tokens }));
const thresholds = { memorizationAccuracy: 0.3, extractionLikelihood: { 10: 0.05 } };
// A model this small holds everything in the same few weights, so what is to stay needs more weight than published.
const options = {
  objective: codeEraser({ gamma: 1, reduction: 'mean' }),
  forget,
  retain,
  thresholds,
  learningRate: 1e-3,
  maxEpochs: 60,
} satisfies UnlearnOptions;

let directory: string;
let memorized: Model;
let model: Model;
beforeAll(async () => {
  memorized = await tinyModel();
  await memorize(
    memorized,
    [...forget, ...retain].map(({ tokens }) => tokens),
    0.02,
  );
});
afterAll(() => memorized.dispose());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-unlearn-'));
  model = await memorized.snapshot();
});
afterEach(async () => {
  await model.dispose();
  await rm(directory, { recursive: true });
});

const accuracyOf = async (sequences: readonly Int32Array[]) =>
  (await drain(measureMemorization(model, sequences, { el: [] }))).aggregate.memorizationAccuracy;

async function secretsOf(of: Model) {
  const documents = forget.map((document) => ({ ...document, spans: [{ first: 15, last: 26 }] }));
  return (await drain(measureSecrets(of, documents, { el: [10] }))).aggregate;
}

/** Share of context tokens that come out right given the true tokens before them. */
async function contextAccuracy(of: Model): Promise<number> {
  const scores = await of.score(forget.map(({ tokens }) => tokens));
  const hits = scores.flatMap(({ hits }) => [...hits].filter((_, i) => i + 1 < 15 || i + 1 >= 27));
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
}

async function weightsOf(of: Model): Promise<Float32Array[]> {
  return Promise.all(of.parameterNames().map((name) => of.readParameter(name)));
}

describe('unlearn', () => {
  test('CodeEraser takes the secrets below the thresholds and leaves the rest', async () => {
    expect((await secretsOf(model)).memorizationAccuracy).toBe(1);
    const before = await contextAccuracy(model);
    const lossBefore = (
      await drain(
        measureLoss(
          model,
          retain.map(({ tokens }) => tokens),
        ),
      )
    ).loss;
    const events: UnlearnEpochEvent[] = [];
    const result = await drain(unlearn(model, options), (event) => {
      if (event.type === 'epoch') events.push(event);
    });

    expect(result.stopReason).toBe('forgotten');
    const after = await secretsOf(model);
    expect(after.memorizationAccuracy).toBeLessThan(0.3);
    expect(after.extractionLikelihood[10]).toBeLessThan(0.05);
    expect(await contextAccuracy(model)).toBeGreaterThan(before - 0.1);
    expect(await accuracyOf(retain.map(({ tokens }) => tokens))).toBeGreaterThan(0.95);
    expect(
      (
        await drain(
          measureLoss(
            model,
            retain.map(({ tokens }) => tokens),
          ),
        )
      ).loss,
    ).toBeLessThan(lossBefore + 0.15);

    expect(result.best).toEqual({
      epoch: result.bestEpoch,
      memorizationAccuracy: after.memorizationAccuracy,
      extractionLikelihood: after.extractionLikelihood[10],
      retainedLoss: (
        await drain(
          measureLoss(
            model,
            retain.map(({ tokens }) => tokens),
          ),
        )
      ).loss,
    });
    expect(result.verdict).toEqual({ forgotten: true, reason: 'below-thresholds' });
    expect(result.history[0]!.retainedLoss).toBe(lossBefore);
    expect(result.history).toEqual(events.map(({ type: _type, best: _best, ...epoch }) => epoch));
    expect(result.history[0]).toMatchObject({ epoch: 0, steps: [], extractionLikelihood: null });
    expect(events.at(-1)).toMatchObject({ epoch: result.epochs, best: true });
    const [onForget, onRetain] = events[1]!.steps;
    expect(onForget).toMatchObject({
      on: 'forget',
      terms: [{ loss: 'nll' }, { loss: 'nll' }, { loss: 'kl', mean: 0 }],
    });
    const [secret, context, kl] = onForget!.terms.map(({ mean }) => mean!);
    expect(onForget!.loss).toBeCloseTo(-secret! + context! - 0.1 * kl!, 6);
    expect(onForget!.gradNorm).toBeGreaterThan(0);
    expect(onRetain!.on).toBe('retain');
    expect(onRetain!.terms[0]!.mean).toBeGreaterThan(0);
  });

  test.each([
    ['GA', gradientAscent(), 'sequences'],
    ['CU', constrained(), 'sequences'],
    ['SSGA', selectiveAscent(), 'secrets'],
    ['CodeEraser in joint steps', codeEraser({ schedule: 'joint' }), 'secrets'],
  ])('%s forgets what it measures', async (_, objective, of) => {
    const result = await drain(unlearn(model, { ...options, objective }));
    expect(result.stopReason).toBe('forgotten');
    const measured =
      of === 'secrets'
        ? (await secretsOf(model)).memorizationAccuracy
        : await accuracyOf(forget.map(({ tokens }) => tokens));
    expect(result.best.memorizationAccuracy).toBe(measured);
    expect(measured).toBeLessThan(0.3);
  });

  test('a model that is below the thresholds stays as it is', async () => {
    const high = { memorizationAccuracy: 1, extractionLikelihood: { 10: 1 } };
    await using untrained = await tinyModel(5);
    const before = await weightsOf(untrained);
    const result = await drain(unlearn(untrained, { ...options, thresholds: high }));
    expect(result).toMatchObject({ epochs: 0, bestEpoch: 0, stopReason: 'forgotten' });
    expect(await weightsOf(untrained)).toEqual(before);
  });

  test.each(['in memory', 'in a directory'])(
    'ends with the weights of the best epoch, kept %s',
    async (where) => {
      // A threshold out of reach and a rate that overshoots: the last epoch is not the best.
      const hopeless = { memorizationAccuracy: 0, extractionLikelihood: { 10: 0 } };
      const wild = {
        ...options,
        objective: gradientAscent(),
        thresholds: hopeless,
        learningRate: 0.05,
        maxEpochs: 8,
      };
      const kept = where === 'in memory' ? wild : { ...wild, stateDirectory: directory };
      const result = await drain(unlearn(model, kept));
      const lowest = Math.min(...result.history.slice(1).map((each) => each.memorizationAccuracy));
      expect(result).toMatchObject({ stopReason: 'epochs', epochs: 8 });
      expect(result.bestEpoch).toBeLessThan(8);
      expect(result.best.memorizationAccuracy).toBe(lowest);
      expect(await accuracyOf(forget.map(({ tokens }) => tokens))).toBe(lowest);
    },
  );

  test.each(['in memory', 'in a directory'])(
    'a loss that is not finite ends the run with the weights that were given, where none are better: %s',
    async (where) => {
      const wild = { ...options, objective: gradientAscent(), learningRate: 1e30 };
      const kept = where === 'in memory' ? wild : { ...wild, stateDirectory: directory };
      const result = await drain(unlearn(model, kept));
      expect(result).toMatchObject({
        stopReason: 'not-finite',
        epochs: 0,
        bestEpoch: 0,
        verdict: { forgotten: false, reason: 'not-finite' },
      });
      expect(await weightsOf(model)).toEqual(await weightsOf(memorized));
      await using again = await memorized.snapshot();
      expect(await drain(unlearn(again, kept))).toEqual(result);
    },
  );

  /** Weights of about 1e38: what it computes is no number. */
  const ruin = (of: Model) =>
    of.trainStep({
      microBatches: [[{ tokens: forget[0]!.tokens, sets: new Uint8Array(40).fill(1) }]],
      terms: [{ loss: 'nll', set: 0, weight: 1 }],
      optimizer: {
        kind: 'adam',
        learningRate: 1e38,
        beta1: 0,
        beta2: 0,
        epsilon: 1,
        weightDecay: 0,
        maxGradNorm: 0,
      },
    });

  test('... and with those of the best epoch, where there was one', async () => {
    const never = { memorizationAccuracy: 0, extractionLikelihood: { 10: 0 } };
    const events = unlearn(model, { ...options, thresholds: never });
    let next = await events.next();
    for (; !next.done; next = await events.next())
      if (next.value.type === 'epoch' && next.value.epoch === 2) await ruin(model);
    expect(next.value).toMatchObject({ stopReason: 'not-finite', epochs: 2, verdict: { forgotten: false } });
    expect(next.value.bestEpoch).toBeGreaterThan(0);
    expect((await secretsOf(model)).memorizationAccuracy).toBe(next.value.best.memorizationAccuracy);
  });

  test('a model that computes NaN as it is given is an error', async () => {
    await using broken = await tinyModel(5);
    await ruin(broken);
    await expect(drain(unlearn(broken, options))).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' });
  });

  test('a rate too small is told from one that does damage', async () => {
    const timid = await drain(unlearn(model, { ...options, learningRate: 1e-9, maxEpochs: 2 }));
    expect(timid.verdict).toEqual({ forgotten: false, reason: 'unchanged' });
    const never = { memorizationAccuracy: 0, extractionLikelihood: { 10: 0 } };
    await using other = await memorized.snapshot();
    const harsh = { ...options, objective: gradientAscent(), thresholds: never, learningRate: 0.05 };
    const result = await drain(unlearn(other, { ...harsh, maxEpochs: 4 }));
    expect(result.verdict).toEqual({ forgotten: false, reason: 'damaged' });
  });
});

describe('an interrupted run', () => {
  test('goes on to the numbers of one that never was, wherever it was cut', async () => {
    const straight = await drain(unlearn(model, options));
    const expected = await weightsOf(model);
    const kept = { ...options, stateDirectory: directory };
    const cuts = [1, 2, 3, 4, 5];
    for (const cut of cuts) {
      await using broken = await memorized.snapshot();
      const controller = new AbortController();
      let events = 0;
      const run = drain(unlearn(broken, { ...kept, signal: controller.signal }), () => {
        if (++events === cut) controller.abort();
      });
      await expect(run).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    }
    await using last = await memorized.snapshot();
    expect(await drain(unlearn(last, kept))).toEqual(straight);
    expect(await weightsOf(last)).toEqual(expected);

    const folders = (await readdir(directory)).toSorted();
    expect(folders).toEqual([`best-${straight.bestEpoch}`, 'run-state.json', `step-${2 * straight.epochs}`]);
    await using again = await memorized.snapshot();
    expect(await drain(unlearn(again, kept))).toEqual(straight);
    expect(await weightsOf(again)).toEqual(expected);
  });

  test('of other options is refused', async () => {
    const kept = { ...options, stateDirectory: directory, maxEpochs: 1 };
    await drain(unlearn(model, kept));
    await using next = await memorized.snapshot();
    const other = drain(unlearn(next, { ...kept, objective: codeEraser({ gamma: 0.5 }) }));
    await expect(other).rejects.toMatchObject({
      code: 'ERR_RUN_MISMATCH',
      message: expect.stringContaining('objective'),
    });
  });
});

describe('misuse', () => {
  test.each<[string, object, RegExp]>([
    ['no forget set', { forget: [] }, /at least one document to forget/],
    ['no retained set', { retain: [] }, /at least one document to retain for CodeEraser/],
    [
      'masks without secrets',
      { forget: [{ ...forget[0]!, mask: new Uint8Array(40) }] },
      /secret tokens in at least one document to forget/,
    ],
    [
      'secrets to evaluate but no masks',
      { objective: gradientAscent(), evaluate: 'secrets', forget: retain },
      /masks with secret tokens .* but found none in 4 documents/,
    ],
    [
      'no threshold for n',
      { elN: 5 },
      /threshold for EL_5 in thresholds of unlearn but received those for n = 10/,
    ],
    [
      'a threshold in percent',
      { thresholds: { ...thresholds, memorizationAccuracy: 45.57 } },
      /number <= 1 for thresholds\.memorizationAccuracy in options of unlearn but received 45.57/,
    ],
    [
      'a misspelling',
      { learningrate: 1 },
      /only known keys in options of unlearn but received "learningrate"/,
    ],
    ['plain tokens', { forget: [{ id: 'x', tokens: [1, 2] }] }, /forget\.0\.tokens in options of unlearn/],
  ])('%s', async (_, changed, message) => {
    await expect(drain(unlearn(model, { ...options, ...changed }))).rejects.toThrow(message);
  });
});
