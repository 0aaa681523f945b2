/** Streaming: the same tokens as they come, and slots that are free again however the loop ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AbortedError, InputError } from '../../../lib/errors.js';
import { streamRows } from '../../../lib/model/decoding/generation.js';
import { type GenerateRow, Model } from '../../../lib/model/model.js';
import { Random } from '../../../lib/random.js';
import { familyFixture } from '../../oracle/families.js';
import { scriptedModel } from '../scripted-model.js';

let model: Model;
beforeAll(async () => {
  model = await Model.load(familyFixture('llama'));
});
afterAll(() => model.dispose());

/** A token as text: letters, so that stop strings may span several. */
const decoder = {
  decode: (tokens: ArrayLike<number>) => String.fromCodePoint(...Array.from(tokens, (id) => 48 + id)),
};

function drawRows(random: Random, count: number): GenerateRow[] {
  return Array.from({ length: count }, () => ({
    prompt: Int32Array.from({ length: 1 + random.integer(12) }, () => random.integer(90)),
    maxTokens: random.integer(20),
    seed: random.bits(),
  }));
}

test('what streams is what generate returns, each row in order and ended once', async () => {
  const random = new Random(7);
  for (let round = 0; round < 8; round++) {
    const rows = drawRows(random, 7);
    const options = {
      maxTokens: 1,
      stopIds: [random.integer(90)],
      ...(round % 2 === 0 ? {} : { stop: [decoder.decode([random.integer(90)])], tokenizer: decoder }),
      batchRows: 1 + random.integer(7),
    };
    const whole = await model.generate(rows, options);
    const pieces = rows.map(() => [] as number[]);
    const logprobs = rows.map(() => [] as number[]);
    const reasons = new Map<number, string>();
    for await (const event of model.stream(rows, options)) {
      expect(reasons.has(event.row)).toBe(false);
      if (event.type === 'finished') reasons.set(event.row, event.stopReason);
      else {
        pieces[event.row]!.push(event.token);
        logprobs[event.row]!.push(event.logprob);
      }
    }
    expect(pieces).toEqual(whole.map(({ tokens }) => [...tokens]));
    for (const [i, own] of whole.entries())
      for (const [t, logprob] of own.logprobs.entries()) expect(logprobs[i]![t]).toBeCloseTo(logprob, 4);
    expect(rows.map((_, i) => reasons.get(i))).toEqual(whole.map(({ stopReason }) => stopReason));
  }
});

describe('slots are free again', () => {
  const scripts = new Map([
    [0, [5, 6, 7, 8, 9]],
    [1, [1, 2, 3]],
  ]);
  const rows = [0, 1, 0].map((token) => ({ prompt: Int32Array.of(token), maxTokens: 3 }));
  const open = (scripted: ReturnType<typeof scriptedModel>, signal?: AbortSignal) =>
    streamRows(
      { native: scripted.native, contextLength: 10, cacheBytesPerToken: 1 },
      rows,
      { maxTokens: 3, batchRows: 2, ...(signal === undefined ? {} : { signal }) },
      1,
    );

  test('after any number of events when the loop is left', async () => {
    for (let count = 1; count <= 12; count++) {
      const scripted = scriptedModel(scripts);
      let left = count;
      for await (const _ of open(scripted)) if (--left === 0) break;
      expect(left).toBe(0);
      expect(scripted).toMatchObject({ opened: 1, closed: 1, widest: 2 });
    }
  });

  test('when the loop throws', async () => {
    const scripted = scriptedModel(scripts);
    const loop = async () => {
      for await (const _ of open(scripted)) throw new Error('enough');
    };
    await expect(loop()).rejects.toThrow('enough');
    expect(scripted).toMatchObject({ opened: 1, closed: 1, steps: 1 });
  });

  test('when a native call fails', async () => {
    const scripted = scriptedModel(new Map([[0, [1]]]));
    const loop = async () => {
      for await (const _ of open(scripted));
    };
    await expect(loop()).rejects.toThrow();
    expect(scripted).toMatchObject({ opened: 1, closed: 1 });
  });

  test('when the signal fires between two events', async () => {
    const scripted = scriptedModel(scripts);
    const controller = new AbortController();
    let events = 0;
    const loop = async () => {
      for await (const _ of open(scripted, controller.signal)) if (++events === 2) controller.abort();
    };
    await expect(loop()).rejects.toBeInstanceOf(AbortedError);
    expect(events).toBe(2);
    expect(scripted).toMatchObject({ opened: 1, closed: 1, steps: 1 });
  });

  test('and nothing is opened for a loop that never begins', async () => {
    const scripted = scriptedModel(scripts);
    await open(scripted).return();
    expect(scripted.opened).toBe(0);
  });
});

test('a model generates on after streams that were left and aborted', async () => {
  const rows = drawRows(new Random(9), 6).map((row) => ({ ...row, maxTokens: 20 }));
  const before = await model.generate(rows, { maxTokens: 1, temperature: 0 });
  for (let count = 1; count < 8; count++) {
    let left = count;
    for await (const _ of model.stream(rows, { maxTokens: 1, batchRows: 3 })) if (--left === 0) break;
    const controller = new AbortController();
    const loop = async () => {
      for await (const _ of model.stream(rows, { maxTokens: 1, signal: controller.signal }))
        controller.abort();
    };
    await expect(loop()).rejects.toBeInstanceOf(AbortedError);
  }
  expect(await model.generate(rows, { maxTokens: 1, temperature: 0 })).toEqual(before);
});

test('a model that is disposed of in the middle of a stream says so at the next event', async () => {
  const short = await Model.load(familyFixture('llama'));
  const stream = short.stream([{ prompt: Int32Array.of(1), maxTokens: 10 }], { maxTokens: 1 });
  expect((await stream.next()).done).toBe(false);
  await short.dispose();
  const end = async () => {
    for await (const _ of stream);
  };
  const error: unknown = await end().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ code: 'ERR_MODEL_DISPOSED' });
  const later = short.stream([{ prompt: Int32Array.of(1) }], { maxTokens: 1 });
  await expect(later.next()).rejects.toMatchObject({ code: 'ERR_MODEL_DISPOSED' });
});
