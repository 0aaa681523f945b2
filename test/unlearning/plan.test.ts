import { describe, expect, test } from 'vitest';
import { secretSpans } from '../../lib/unlearning/evaluate.js';
import {
  codeEraser,
  constrained,
  gradientAscent,
  type Objective,
  selectiveAscent,
} from '../../lib/unlearning/objectives.js';
import { planEpoch, type UnlearningDocument } from '../../lib/unlearning/plan.js';

const document = (id: string, mask: number[]): UnlearningDocument => ({
  id,
  tokens: Int32Array.from(mask, (_, i) => i),
  mask: Uint8Array.from(mask),
});
const bare = (id: string, length: number): UnlearningDocument => ({ id, tokens: new Int32Array(length) });
const forget = [document('f', [0, 1, 1, 0])];
const retain = [bare('r', 3)];

describe('planEpoch', () => {
  test('alternates: forget first, then retain, each with sets of its own', () => {
    const [first, second, ...rest] = planEpoch(codeEraser(), forget, retain, 100);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      on: 'forget',
      terms: [
        { loss: 'nll', set: 1, reduction: 'mean', weight: -1 },
        { loss: 'nll', set: 2, reduction: 'mean', weight: 0.1 },
        { loss: 'kl', set: 1, reduction: 'mean', weight: -0.1 },
      ],
      microBatches: [[{ tokens: forget[0]!.tokens, sets: Uint8Array.of(0b101, 0b011, 0b011, 0b101) }]],
    });
    expect(second).toMatchObject({
      on: 'retain',
      terms: [{ loss: 'kl', set: 3, reduction: 'perDocument', weight: 0.1 }],
      microBatches: [[{ sets: Uint8Array.of(0b101000, 0b101000, 0b101000) }]],
    });
  });

  test('joins both into one step', () => {
    const steps = planEpoch(codeEraser({ schedule: 'joint' }), forget, retain, 100);
    expect(steps).toHaveLength(1);
    expect(steps[0]!.on).toBe('joint');
    expect(steps[0]!.terms.map(({ set }) => set)).toEqual([1, 2, 1, 3]);
    expect(steps[0]!.microBatches[0]).toHaveLength(2);
  });

  test('numbers micro-batches of documents in their order, whatever passes through the model at once', () => {
    const documents = [5, 9, 3, 7, 4].map((length) => bare(`f${length}`, length));
    const groupsOf = (objective: Objective, tokens: number) =>
      planEpoch(objective, documents, retain, tokens)
        .flatMap(({ microBatches }) => microBatches.flat())
        .map(({ tokens: { length }, group }) => [length, group]);
    const inPairs = [
      [9, 0],
      [7, 1],
      [5, 0],
      [4, 2],
      [3, 1],
    ];
    expect(groupsOf(gradientAscent(), 4096)).toEqual(inPairs);
    expect(groupsOf(gradientAscent(), 1)).toEqual(inPairs);
    expect(groupsOf(gradientAscent({ microBatch: 4 }), 4096).map(([, group]) => group)).toEqual([
      0, 0, 0, 1, 0,
    ]);
    expect(groupsOf(gradientAscent({ reduction: 'mean' }), 4096).map(([, group]) => group)).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  test('no micro-batch of a joint step has documents of both sets', () => {
    const [step] = planEpoch(codeEraser({ schedule: 'joint', microBatch: 8 }), forget, retain, 4096);
    const groups = step!.microBatches.flat().map(({ sets, group }) => [sets[0]! & 0b111 ? 'f' : 'r', group]);
    expect(groups).toEqual([
      ['f', 0],
      ['r', 1],
    ]);
  });

  test('leaves out a retained set that no term uses', () => {
    expect(planEpoch(gradientAscent(), [bare('f', 4)], retain, 100).map(({ on }) => on)).toEqual(['forget']);
  });

  test('one step sees the whole set, in micro-batches', () => {
    const many = Array.from({ length: 9 }, (_, i) => bare(`f${i}`, 4));
    const [step] = planEpoch(gradientAscent(), many, [], 16);
    expect(step!.microBatches.map((batch) => batch.length)).toEqual([4, 4, 1]);
  });

  test.each<[string, Objective, UnlearningDocument[], UnlearningDocument[], RegExp]>([
    [
      'no forget set',
      codeEraser(),
      [],
      retain,
      /at least one document to forget for CodeEraser but received none/,
    ],
    [
      'no retained set',
      constrained(),
      forget,
      [],
      /at least one document to retain for CU but received none/,
    ],
    ['no mask', selectiveAscent(), [bare('x', 4)], [], /token mask of document to forget "x" for SSGA/],
    [
      'a mask of another length',
      gradientAscent(),
      [{ ...bare('x', 4), mask: new Uint8Array(3) }],
      [],
      /each of the 4 tokens of document to forget "x" but received 3/,
    ],
    [
      'no secrets',
      codeEraser(),
      [document('x', [0, 0, 0])],
      retain,
      /secret tokens in at least one document to forget for CodeEraser but found none in 1 masks/,
    ],
    [
      'a secret that nothing precedes',
      codeEraser(),
      [document('x', [1, 0, 0])],
      retain,
      /found none in 1 masks/,
    ],
    [
      'a single token',
      gradientAscent(),
      [bare('x', 1)],
      [],
      /two tokens in document to forget "x" but received 1/,
    ],
  ])('refuses %s', (_, objective, forgotten, retained, message) => {
    expect(() => planEpoch(objective, forgotten, retained, 100)).toThrow(message);
  });
});

describe('secretSpans', () => {
  test.each([
    [[], []],
    [[0, 0], []],
    [[1], [[0, 0]]],
    [
      [1, 1, 0, 1],
      [
        [0, 1],
        [3, 3],
      ],
    ],
    [
      [0, 1, 1, 0, 0, 1, 1],
      [
        [1, 2],
        [5, 6],
      ],
    ],
  ])('of mask %j', (mask, expected) => {
    const spans = secretSpans({ ...document('x', mask) });
    expect(spans.map(({ first, last }) => [first, last])).toEqual(expected);
  });

  test('are those that the document names, if it does', () => {
    const spans = [
      { first: 1, last: 1 },
      { first: 2, last: 2 },
    ];
    expect(secretSpans({ ...forget[0]!, spans })).toEqual(spans);
  });
});
