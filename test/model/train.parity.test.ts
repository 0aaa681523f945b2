/** CodeEraser's gradients and optimizer steps against torch autograd and torch.optim (test/oracle/objective.py). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Model, type TrainingSequence } from '../../lib/model/model.js';
import type { NativeTerm, OptimizerSettings } from '../../lib/native/contract.js';
import { distance, fixture, inFileLayout, readFixture, readTensors } from '../oracle/fixtures.js';

interface Request {
  readonly terms: readonly NativeTerm[];
  readonly microBatches: readonly (readonly { tokens: number[]; sets: number[] }[])[];
}

interface Case {
  readonly name: string;
  readonly optimizer: OptimizerSettings;
  readonly requests: readonly Request[];
  readonly results: readonly { loss: number; terms: number[]; gradNorm: number }[];
}

const cases = await readFixture<Case[]>('objective/expected.json');

function microBatches(request: Request): TrainingSequence[][] {
  return request.microBatches.map((batch) =>
    batch.map(({ tokens, sets }) => ({ tokens: Int32Array.from(tokens), sets: Uint8Array.from(sets) })),
  );
}

async function gradients(model: Model): Promise<Map<string, Float32Array>> {
  return inFileLayout(model, (name) => model.readGradient(name));
}

async function values(model: Model): Promise<Map<string, Float32Array>> {
  return inFileLayout(model, (name) => model.readParameter(name));
}

/** The largest difference over all tensors; both sides must hold the same names. */
function apart(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>): number {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  return Math.max(...[...expected].map(([name, tensor]) => distance(actual.get(name)!, tensor)));
}

/** Steps without clipping or update: its gradients are those of the objective itself. */
const inert: OptimizerSettings = {
  kind: 'adamw',
  learningRate: 0,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 0,
};

describe.each(cases)('$name', ({ name, optimizer, requests, results }) => {
  test('loss, terms and norms of every step, and the weights after the last', async () => {
    await using model = await Model.load(fixture('objective/start'));
    await using reference = await Model.load(fixture('objective/reference'));
    for (const [i, request] of requests.entries()) {
      const wanted = results[i]!;
      const step = { terms: request.terms, optimizer, reference, microBatches: microBatches(request) };
      const result = await model.trainStep(step);
      expect(Math.abs(result.loss - wanted.loss)).toBeLessThan(1e-5);
      expect(distance(result.terms, wanted.terms)).toBeLessThan(1e-5);
      expect(Math.abs(result.gradNorm - wanted.gradNorm)).toBeLessThan(1e-5);
    }
    const after = await values(model);
    const expected = await readTensors(fixture(`objective/${name}-weights.safetensors`));
    expect(apart(after, await readTensors(fixture('objective/start/model.safetensors')))).toBeGreaterThan(
      1e-4,
    );
    if (name !== 'default-epsilon') {
      expect(apart(after, expected)).toBeLessThan(1e-5);
      return;
    }
    // With an epsilon of 1e-8 a gradient that is only rounding error still moves its weight by a full step.
    const known = await readTensors(fixture(`objective/${name}-gradients.safetensors`));
    let compared = 0;
    for (const [tensor, own] of known) {
      const decided = own.map((_, i) => i).filter((i) => Math.abs(own[i]!) > 1e-4);
      compared += decided.length;
      const pick = (from: Map<string, Float32Array>) => Array.from(decided, (i) => from.get(tensor)![i]!);
      expect(distance(pick(after), pick(expected))).toBeLessThan(1e-5);
    }
    expect(compared).toBeGreaterThan(model.parameterCount / 2);
  });
});

// The first step of `accumulated` is that of `adamw`, in two micro-batches.
describe.each(cases.filter(({ name }) => name !== 'accumulated'))('$name', ({ name, requests }) => {
  test('gradients of every parameter', async () => {
    await using model = await Model.load(fixture('objective/start'));
    await using reference = await Model.load(fixture('objective/reference'));
    const { terms } = requests[0]!;
    await model.trainStep({ terms, optimizer: inert, reference, microBatches: microBatches(requests[0]!) });
    const expected = await readTensors(fixture(`objective/${name}-gradients.safetensors`));
    const own = await gradients(model);
    expect(apart(own, expected)).toBeLessThan(1e-4);
    // An absolute bound says little of small gradients: the whole vector must point the same way, too.
    const [dot, a, b] = [...expected].reduce(
      ([d, x, y], [tensor, wanted]) => {
        const got = own.get(tensor)!;
        return wanted.reduce(
          ([p, q, r], value, i) => [p! + value * got[i]!, q! + value * value, r! + got[i]! * got[i]!],
          [d!, x!, y!],
        );
      },
      [0, 0, 0],
    );
    expect(dot! / Math.sqrt(a! * b!)).toBeGreaterThan(1 - 1e-6);
  });
});

test('a clipped gradient has the norm asked for', async () => {
  await using model = await Model.load(fixture('objective/start'));
  const { requests } = cases.find(({ name }) => name === 'default-epsilon')!;
  const optimizer = { ...inert, maxGradNorm: 0.25 };
  await model.trainStep({ terms: requests[0]!.terms, optimizer, microBatches: microBatches(requests[0]!) });
  const squares = [...(await gradients(model)).values()].map((g) => g.reduce((sum, v) => sum + v * v, 0));
  expect(Math.sqrt(squares.reduce((sum, value) => sum + value, 0))).toBeCloseTo(0.25, 4);
});

test('KL against a copy of itself is 0 and has no gradient', async () => {
  await using model = await Model.load(fixture('objective/start'));
  await using reference = await model.snapshot();
  const [request] = cases[0]!.requests;
  const result = await model.trainStep({
    terms: [{ loss: 'kl', set: 2, weight: 1 }],
    optimizer: inert,
    reference,
    microBatches: microBatches(request!),
  });
  expect(Math.abs(result.loss)).toBeLessThan(1e-6);
  expect(result.gradNorm).toBeLessThan(1e-5);
});

test('a term over no token is NaN, weighs nothing, and the others go on', async () => {
  await using model = await Model.load(fixture('objective/start'));
  const tokens = Int32Array.of(5, 6, 7);
  const result = await model.trainStep({
    // Set 0 holds the first token only, and that is never a target.
    terms: [
      { loss: 'nll', set: 0, weight: 3 },
      { loss: 'nll', set: 1, weight: 1 },
    ],
    optimizer: inert,
    microBatches: [[{ tokens, sets: Uint8Array.of(1, 2, 2) }]],
  });
  expect(result.terms[0]).toBeNaN();
  expect(result.loss).toBe(result.terms[1]);
  const [score] = await model.score([tokens]);
  expect(result.loss).toBeCloseTo(-(score!.logprobs[0]! + score!.logprobs[1]!) / 2, 5);
});

test('the optimizer state that was saved goes on as if nothing had happened', async () => {
  const { optimizer, requests } = cases.find(({ name }) => name === 'accumulated')!;
  const step = (request: Request, reference: Model) => ({
    terms: request.terms,
    optimizer,
    reference,
    microBatches: microBatches(request),
  });
  await using reference = await Model.load(fixture('objective/reference'));
  const directory = await mkdtemp(join(tmpdir(), 'lethe-'));
  try {
    await using straight = await Model.load(fixture('objective/start'));
    for (const request of requests) await straight.trainStep(step(request, reference));
    await using before = await Model.load(fixture('objective/start'));
    for (const request of requests.slice(0, 2)) await before.trainStep(step(request, reference));
    await before.save(directory);
    await before.saveTrainingState(join(directory, 'state.safetensors'));
    await using resumed = await Model.load(directory);
    await resumed.loadTrainingState(join(directory, 'state.safetensors'));
    await resumed.trainStep(step(requests[2]!, reference));
    expect(apart(await values(resumed), await values(straight))).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
