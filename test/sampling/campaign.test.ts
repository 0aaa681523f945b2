import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer.js';
import { drain } from '../../lib/progress.js';
import { type CampaignEvent, type CampaignOptions, runCampaign } from '../../lib/sampling/campaign.js';

let tokenizer: Tokenizer;
let model: Model;
let directory: string;

beforeAll(async () => {
  tokenizer = await Tokenizer.load(join(import.meta.dirname, '../../assets/tokenizer'));
  model = await Model.create(
    {
      model_type: 'gpt2',
      vocab_size: tokenizer.vocabularySize,
      n_positions: 64,
      n_embd: 16,
      n_layer: 1,
      n_head: 2,
    },
    { seed: 5 },
  );
});
afterAll(() => model.dispose());
beforeEach(async () => {
  directory = await newDirectory();
});

async function newDirectory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'lethe-sampling-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

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
    await sample({ count: 6, batchRows: 2 });
    const whole = await outputs();

    directory = await newDirectory();
    const controller = new AbortController();
    const stopped = sample({ count: 6, batchRows: 2, signal: controller.signal }, (event) => {
      if (event.type === 'outputs') controller.abort();
    });
    await expect(stopped).rejects.toThrow(AbortedError);
    // What was finished in the same step is kept as well.
    const kept = Object.keys(await outputs()).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(6);
    expect(await sample({ count: 6, batchRows: 2 })).toMatchObject({ first: 0, last: 5, made: 6 - kept });
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

  it('refuses a record that it cannot read', async () => {
    await writeFile(join(directory, 'campaign.json'), '{');
    await expect(sample()).rejects.toThrow(/Expected JSON in .*campaign\.json/);
  });
});
