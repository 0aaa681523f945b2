/** Where generated text ends: stop strings by their definition, whatever the tokens, the slots and the neighbours. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateRows } from '../../../lib/model/decoding/generation.js';
import { cutAtStopString, type Decoder } from '../../../lib/model/decoding/stop-strings.js';
import { type GenerateRow, type Generation, Model } from '../../../lib/model/model.js';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { Random } from '../../../lib/random.js';
import { scriptedModel } from '../scripted-model.js';

const TEXTS = [
  'def add(a, b):\n    return a + b\n\n\nclass Point:\n    pass\n',
  'Grüße aus Köln: naïve façade, e\u0301 und Ω ≠ ω',
  '世界你好，再见。こんにちは世界',
  '👩‍👩‍👧‍👦 and 🏳️‍🌈 and 𝒳 = 🙂🙂🙂',
  'aaaaaaaabaaaaaaab\r\n\r\n\t\t```\n',
];

/** Tokens are runs of bytes that begin and end anywhere, within a character too. */
class Runs implements Decoder {
  readonly pieces: Uint8Array[] = [];

  cut(text: string, random: Random): number[] {
    const bytes = new TextEncoder().encode(text);
    const tokens: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + random.integer(6));
      tokens.push(this.pieces.push(bytes.slice(at, end)) - 1);
      at = end;
    }
    return tokens;
  }

  decode(tokens: ArrayLike<number>): string {
    return new TextDecoder().decode(Buffer.concat(Array.from(tokens, (token) => this.pieces[token]!)));
  }
}

/** By the definition: the fewest tokens whose text holds one of the strings, else all of them. */
function expected(
  tokens: readonly number[],
  stop: readonly string[],
  decoder: Decoder,
): Omit<Generation, 'logprobs'> {
  for (let count = 1; count <= tokens.length; count++) {
    const text = decoder.decode(tokens.slice(0, count));
    if (stop.some((string) => text.includes(string)))
      return { tokens: Int32Array.from(tokens.slice(0, count)), stopReason: 'stop' };
  }
  return { tokens: Int32Array.from(tokens), stopReason: 'length' };
}

/** A few characters out of a text; some strings that are not in it, or only almost. */
function drawStops(text: string, random: Random): string[] {
  const characters = [...text];
  return Array.from({ length: 1 + random.integer(3) }, () => {
    const from = random.integer(characters.length);
    const piece = characters.slice(from, from + 1 + random.integer(5)).join('');
    return random.next() < 0.25 ? `${piece}\u0000` : piece;
  });
}

test('a row ends with the first token that completes one, be it the last allowed', async () => {
  const random = new Random(11);
  const outcomes = { stop: 0, length: 0, last: 0, inside: 0 };
  for (let round = 0; round < 150; round++) {
    const decoder = new Runs();
    const scripts = TEXTS.map((text) => decoder.cut(text, random));
    const stop = drawStops(random.pick(TEXTS), random);
    const limits = scripts.map((tokens) => 1 + random.integer(tokens.length));
    const rows = scripts.map((_, i): GenerateRow => ({ prompt: Int32Array.of(i), maxTokens: limits[i]! }));
    const model = scriptedModel(new Map(scripts.entries()));
    const slots = 1 + random.integer(6);
    const out = await generateRows(
      { native: model.native, contextLength: 1000, cacheBytesPerToken: 1 },
      rows,
      {
        maxTokens: 1,
        stop,
        tokenizer: decoder,
        batchRows: slots,
      },
    );
    for (const [i, { tokens, stopReason }] of out.entries()) {
      expect({ tokens, stopReason }).toEqual(expected(scripts[i]!.slice(0, limits[i]), stop, decoder));
      outcomes[stopReason]++;
      if (stopReason === 'stop' && tokens.length === limits[i]) outcomes.last++;
      const text = decoder.decode(tokens);
      const cut = cutAtStopString(text, stop);
      const ends = stop.map((string) => text.indexOf(string)).filter((at) => at >= 0);
      expect(cut).toBe(ends.length === 0 ? text : text.slice(0, ends.sort((a, b) => a - b)[0]));
      expect(stop.some((string) => cut.includes(string))).toBe(false);
      // The string began in a token before the one that completed it.
      if (cut.length < decoder.decode(tokens.slice(0, -1)).length) outcomes.inside++;
    }
    expect(model).toMatchObject({ opened: 1, closed: 1, widest: Math.min(slots, rows.length) });
  }
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(10);
});

test('the text ends before the first of several strings, not before the first that is listed', () => {
  expect(cutAtStopString('one two three', ['three', 'two'])).toBe('one ');
  expect(cutAtStopString('aXbY', ['bY', 'XbY'])).toBe('a');
  expect(cutAtStopString('aa', ['a'])).toBe('');
  expect(cutAtStopString('one', ['two'])).toBe('one');
  expect(cutAtStopString('one', [])).toBe('one');
});

describe('of a model', () => {
  let model: Model;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await Tokenizer.load(fileURLToPath(new URL('../../../assets/tokenizer/', import.meta.url)));
    model = await Model.create(
      { model_type: 'gpt2', vocab_size: 4096, n_layer: 1, n_head: 2, n_embd: 16, n_positions: 64 },
      { seed: 1 },
    );
  });
  afterAll(() => model.dispose());

  test('stop strings cut what is drawn without them, in any company', async () => {
    const random = new Random(3);
    const rows = Array.from(
      { length: 8 },
      (): GenerateRow => ({
        prompt: Int32Array.of(random.integer(4096)),
        maxTokens: 1 + random.integer(24),
        seed: random.bits(),
      }),
    );
    const free = await model.generate(rows, { maxTokens: 1 });
    const reasons = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const stop = free.slice(0, 4).flatMap(({ tokens }) => {
        const characters = [...tokenizer.decode(tokens)].filter((character) => character !== '\ufffd');
        const from = random.integer(Math.max(1, characters.length - 3));
        const piece = characters.slice(from, from + 1 + random.integer(3)).join('');
        return piece === '' ? [] : [piece];
      });
      const out = await model.generate(rows, {
        maxTokens: 1,
        stop,
        tokenizer,
        batchRows: 1 + random.integer(8),
      });
      for (const [i, { tokens, logprobs, stopReason }] of out.entries()) {
        expect({ tokens, stopReason }).toEqual(expected([...free[i]!.tokens], stop, tokenizer));
        expect(logprobs).toHaveLength(tokens.length);
        reasons.add(stopReason);
      }
    }
    expect([...reasons].sort()).toEqual(['length', 'stop']);
  });
});
