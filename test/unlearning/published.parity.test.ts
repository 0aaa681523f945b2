/** The named methods, as they are by default, against the published formulas (test/oracle/published_objectives.py). */
import { describe, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { codeEraser, constrained, gradientAscent, selectiveAscent } from '../../lib/unlearning/objectives.js';
import { planEpoch } from '../../lib/unlearning/plan.js';
import { unlearn } from '../../lib/unlearning/unlearn.js';
import { distance, fixture, inFileLayout, readFixture, readTensors } from '../oracle/fixtures.js';

interface Expected {
  readonly epochs: number;
  readonly optimizer: { lr: number; betas: [number, number]; eps: number };
  readonly forget: readonly { tokens: number[]; mask: number[] }[];
  readonly retain: readonly { tokens: number[]; mask: number[] }[];
  readonly methods: Readonly<Record<string, readonly { on: string; loss: number; gradNorm: number }[]>>;
}

const expected = await readFixture<Expected>('published/expected.json');
const documentsOf = (side: 'forget' | 'retain') =>
  expected[side].map(({ tokens, mask }, i) => ({
    id: `${side}-${i}`,
    tokens: Int32Array.from(tokens),
    mask: Uint8Array.from(mask),
  }));
const forget = documentsOf('forget');
const retain = documentsOf('retain');
const { lr, betas, eps } = expected.optimizer;
const optimizer = {
  kind: 'adam',
  learningRate: lr,
  beta1: betas[0],
  beta2: betas[1],
  epsilon: eps,
  weightDecay: 0,
  maxGradNorm: 0,
} as const;

/** Largest difference, of figures above 1 relative to them. */
function apart(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const scale = Math.max(1, ...Array.from(wanted, Math.abs));
  return distance(actual, wanted) / scale;
}

const methods = [gradientAscent(), constrained(), selectiveAscent(), codeEraser()];

describe.each(methods.map((objective) => ({ name: objective.name, objective })))(
  '$name',
  ({ name, objective }) => {
    const wanted = expected.methods[name]!;

    test.each([1, 60, 4096])('steps of Adam, with %d tokens through the model at once', async (tokens) => {
      await using model = await Model.load(fixture('published/start'));
      await using reference = await model.snapshot();
      const plan = planEpoch(objective, forget, retain, tokens);
      for (let i = 0; i < wanted.length; ++i) {
        const { on, microBatches, terms } = plan[i % plan.length]!;
        const result = await model.trainStep({ microBatches, terms, optimizer, reference });
        expect(on).toBe(wanted[i]!.on);
        expect(apart([result.loss], [wanted[i]!.loss])).toBeLessThan(1e-5);
        expect(apart([result.gradNorm], [wanted[i]!.gradNorm])).toBeLessThan(1e-5);
      }
      const gradients = await inFileLayout(model, (parameter) => model.readGradient(parameter));
      const after = await inFileLayout(model, (parameter) => model.readParameter(parameter));
      for (const [own, kind] of [
        [gradients, 'gradients'],
        [after, 'weights'],
      ] as const) {
        const known = await readTensors(fixture(`published/${name}-${kind}.safetensors`));
        expect([...own.keys()].toSorted()).toEqual([...known.keys()].toSorted());
        for (const [tensor, values] of known) expect(apart(own.get(tensor)!, values)).toBeLessThan(1e-5);
      }
    });

    test('the run itself, by its history', async () => {
      await using model = await Model.load(fixture('published/start'));
      const { history } = await drain(
        unlearn(model, {
          objective,
          forget,
          retain,
          thresholds: { memorizationAccuracy: 0, extractionLikelihood: { 10: 0 } },
          learningRate: lr,
          epsilon: eps,
          maxEpochs: expected.epochs,
        }),
      );
      const steps = history.flatMap((epoch) => epoch.steps);
      expect(steps.map(({ on }) => on)).toEqual(wanted.map(({ on }) => on));
      for (const key of ['loss', 'gradNorm'] as const)
        expect(
          apart(
            steps.map((step) => step[key]),
            wanted.map((step) => step[key]),
          ),
        ).toBeLessThan(1e-5);
    });
  },
);

describe('means over tokens', () => {
  test('are the published loss of a single document but for the length of a document', async () => {
    await using model = await Model.load(fixture('published/start'));
    await using reference = await Model.load(fixture('published/start'));
    const step = async (objective: ReturnType<typeof codeEraser>) => {
      await using fresh = await model.snapshot();
      const plan = planEpoch(objective, forget, retain.slice(0, 1), 4096);
      const losses: number[] = [];
      for (const { microBatches, terms } of plan)
        losses.push((await fresh.trainStep({ microBatches, terms, optimizer, reference })).loss);
      return losses;
    };
    const published = await step(codeEraser({ microBatch: 6 }));
    const means = await step(codeEraser({ reduction: 'mean', alpha: retain[0]!.tokens.length - 1 }));
    expect(published[1]).toBeGreaterThan(0.01);
    expect(apart(means, published)).toBeLessThan(1e-6);
  });
});
