import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import type { Model } from '../../lib/model/model.js';
import type { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import { type CampaignEvent, type CampaignOptions, runCampaign } from '../../lib/sampling/campaign.js';
import { newDirectory, tinyModel } from './tiny.js';

let tokenizer: Tokenizer;
let model: Model;
let directory: string;

beforeAll(async () => {
  ({ model, tokenizer } = await tinyModel());
});
afterAll(() => model.dispose());
beforeEach(async () => {
  directory = await newDirectory();
});

type Given = Partial<CampaignOptions>;

function sample(given: Given = {}, onEvent?: (event: CampaignEvent) => void) {
  const options = { directory, count: 5, maxTokens: 12, seed: 7, ...given };
  return drain(runCampaign(model, tokenizer, options), onEvent);
}

async function outputs(of = directory): Promise<Record<string, string>> {
  const names = await readdir(join(of, 'separate'));
  const entries = names.map(async (name) => [name, await readFile(join(of, 'separate', name), 'utf8')]);
  return Object.fromEntries(await Promise.all(entries));
}

describe('runCampaign', () => {
  it('makes one file an output, and says which', async () => {
    const events: CampaignEvent[] = [];
    const result = await sample({ batchRows: 2 }, (event) => events.push(event));

    expect(result).toMatchObject({ directory, first: 0, last: 4, made: 5 });
    const made = await outputs();
    expect(Object.keys(made)).toEqual(['0', '1', '2', '3', '4']);
    expect(new Set(Object.values(made)).size).toBe(5);
    const numbers = events.flatMap((event) => (event.type === 'outputs' ? event.numbers : []));
    expect(numbers.toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect(events.at(-1)).toMatchObject({
      type: 'progress',
      done: result.tokens,
      total: result.tokens,
      unit: 'tokens',
    });
  });

  it('starts from any other token, and keeps to it', async () => {
    const startToken = tokenizer.encode('def').tokens[0]!;
    await sample({ count: 1, temperature: 0, startToken });
    const [greedy] = await model.generate([{ prompt: Int32Array.of(startToken) }], {
      maxTokens: 12,
      temperature: 0,
      stopIds: tokenizer.eosId === undefined ? [] : [tokenizer.eosId],
    });
    expect((await outputs())['0']).toBe(tokenizer.decode(greedy!.tokens, { skipSpecialTokens: true }));
    await expect(sample({ count: 1, temperature: 0 })).rejects.toThrow(/startToken/);
    await expect(sample({ startToken, prompt: 'a' })).rejects.toThrow(/a prompt or a startToken, not both/);
  });

  it('goes on in a directory from before start tokens were recorded', async () => {
    await sample({ count: 1 });
    const path = join(directory, 'campaign.json');
    const { settings, ...record } = JSON.parse(await readFile(path, 'utf8'));
    delete settings.startToken;
    await writeFile(path, JSON.stringify({ ...record, settings }));
    expect((await sample({ count: 1 })).first).toBe(1);
  });

  it('stores what the model generates from the BOS token, decoded', async () => {
    await sample({ count: 1, temperature: 0 });
    const prompt = Int32Array.of(tokenizer.bosId ?? tokenizer.eosId!);
    const [greedy] = await model.generate([{ prompt }], {
      maxTokens: 12,
      temperature: 0,
      stopIds: [tokenizer.eosId!],
    });
    expect(await outputs()).toEqual({ '0': tokenizer.decode(greedy!.tokens, { skipSpecialTokens: true }) });
  });

  it('gives an output that depends on seed, prompt and number, on nothing else', async () => {
    await sample({ batchRows: 1 });
    const one = await outputs();
    directory = await newDirectory();
    await sample({ batchRows: 5 });
    expect(await outputs()).toEqual(one);

    directory = await newDirectory();
    await sample({ seed: 8 });
    expect(await outputs()).not.toEqual(one);
    directory = await newDirectory();
    await sample({ prompt: 'def main():' });
    expect(await outputs()).not.toEqual(one);
  });

  it('numbers on from what is there', async () => {
    await mkdir(join(directory, 'separate'));
    await writeFile(join(directory, 'separate', '41'), 'not ours');
    expect(await sample({ count: 2 })).toMatchObject({ first: 42, last: 43, made: 2 });
    expect(await sample({ count: 3 })).toMatchObject({ first: 44, last: 46, made: 3 });
    const made = await outputs();
    expect(Object.keys(made)).toEqual(['41', '42', '43', '44', '45', '46']);
    expect(made['41']).toBe('not ours');
  });

  it('goes on where it was stopped, with the same outputs', async () => {
    await sample({ count: 100, batchRows: 2 });
    const whole = await outputs();

    directory = await newDirectory();
    const controller = new AbortController();
    const stopped = sample({ count: 100, batchRows: 2, signal: controller.signal }, (event) => {
      if (event.type === 'outputs') controller.abort();
    });
    await expect(stopped).rejects.toThrow(AbortedError);
    // The event comes before the last is decoded: so many are never on their way to disk at once.
    const kept = Object.keys(await outputs()).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(100);
    expect(await sample({ count: 100, batchRows: 2 })).toMatchObject({
      first: 0,
      last: 99,
      made: 100 - kept,
    });
    expect(await outputs()).toEqual(whole);
  });

  it('refuses to mix outputs of different settings', async () => {
    await sample();
    await expect(sample({ topK: 3 })).rejects.toThrow(/topK 40\) but received topK 3/);
    await expect(sample({ temperature: 'decaying' })).rejects.toThrow(/Expected outputs like those/);
    await rm(join(directory, 'separate', '2'));
    await expect(sample({ seed: 9 })).rejects.toThrow(
      /unfinished run .* seed 7\) but received 5 outputs, seed 9/,
    );
    await expect(sample({ count: 4 })).rejects.toThrow(/unfinished run/);
    expect(await sample()).toMatchObject({ made: 1 });
  });

  it('draws a decaying output to its full length', async () => {
    const { tokens } = await sample({ count: 4, maxTokens: 30, temperature: 'decaying' });
    expect(tokens).toBe(4 * 30);
  });

  it.each<[string, Given, RegExp]>([
    ['more tokens than the context', { maxTokens: 64 }, /context of 64 tokens but received 1 \+ 64/],
    ['no output', { count: 0 }, />= 1 for count/],
    ['a cold temperature', { temperature: -1 }, /temperature/],
    ['a top-p of 0', { topP: 0 }, /> 0 for topP/],
    ['an empty prompt', { prompt: '' }, /prompt/],
  ])('refuses %s', async (_, given, message) => {
    await expect(sample(given)).rejects.toThrow(message);
    expect(await readdir(directory)).toEqual([]);
  });

  it('goes on with the model that it was begun with only', async () => {
    const known = { name: 'org/model', commit: 'c', digest: 'a'.repeat(64), stamp: '1', dtype: 'float32' };
    await sample({ model: known });
    const record = async () => JSON.parse(await readFile(join(directory, 'campaign.json'), 'utf8'));
    expect((await record()).model).toEqual(known);
    await sample({ model: { ...known, name: 'copy', stamp: '2' } });
    expect((await record()).model).toEqual({ ...known, name: 'copy', stamp: '2' });
    expect((await record()).runs).toMatchObject([
      { round: 1, first: 0, count: 5, seed: 7 },
      { round: 2, first: 5, count: 5, seed: 7 },
    ]);

    const other = { ...known, digest: 'b'.repeat(64) };
    await expect(sample({ model: other })).rejects.toThrow(
      /Expected the model of the outputs in .*, copy \(digest aaaaaaaaaaaa, float32\), but received org\/model \(digest bbbbbbbbbbbb, float32\)\./,
    );
    await expect(sample({ model: { ...known, dtype: 'float16' } })).rejects.toThrow(/float16/);
    await expect(sample()).rejects.toThrow(/but received a model without a digest/);
    expect(Object.keys(await outputs())).toHaveLength(10);
  });

  it('reports what an output costs, and never more than all of them', async () => {
    const events: CampaignEvent[] = [];
    const { tokens } = await sample({ count: 40, batchRows: 3 }, (event) => events.push(event));
    const shown = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    expect(shown.every(({ done, total }) => done <= total! && total! <= 40 * 12)).toBe(true);
    expect(shown.at(-1)).toMatchObject({ done: tokens, total: tokens, note: '40 of 40 outputs' });
  });

  it('refuses a record that it cannot read', async () => {
    await writeFile(join(directory, 'campaign.json'), '{');
    await expect(sample()).rejects.toThrow(/Expected JSON in .*campaign\.json/);
  });
});
