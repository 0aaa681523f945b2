import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import type { Model } from '../../lib/model/model.js';
import type { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import {
  type CampaignEvent,
  type PromptCampaignsOptions,
  runCampaign,
  runPromptCampaigns,
} from '../../lib/sampling/campaign.js';
import { promptHash } from '../../lib/sampling/results-directory.js';
import { newDirectory, tinyModel } from './tiny.js';

const PROMPTS = ['def f():', 'import os\n', 'class A:', 'x = '];

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

function sample(given: Partial<PromptCampaignsOptions> = {}, onEvent?: (event: CampaignEvent) => void) {
  const options = { directory, prompts: PROMPTS, count: 3, maxTokens: 5, seed: 1, ...given };
  return drain(runPromptCampaigns(model, tokenizer, options), onEvent);
}

async function outputsOf(prompt: string, of = directory): Promise<string[]> {
  const folder = join(of, promptHash(prompt), 'separate');
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

describe('runPromptCampaigns', () => {
  it('gives each prompt what a campaign of its own gives it', async () => {
    const result = await sample({ prompts: [...PROMPTS, PROMPTS[0]!] });
    expect((await readdir(directory)).sort()).toEqual(PROMPTS.map(promptHash).sort());
    expect(result).toMatchObject({ made: 12 });
    expect(result.campaigns.map((campaign) => campaign.made)).toEqual([3, 3, 3, 3]);
    expect(result.tokens).toBe(result.campaigns.reduce((sum, { tokens }) => sum + tokens, 0));
    for (const prompt of PROMPTS) {
      const alone = await newDirectory();
      const options = { directory: join(alone, promptHash(prompt)), prompt, count: 3, maxTokens: 5, seed: 1 };
      await drain(runCampaign(model, tokenizer, options));
      expect(await outputsOf(prompt)).toEqual(await outputsOf(prompt, alone));
    }
  });

  it('says which outputs of which prompt are there', async () => {
    const events: CampaignEvent[] = [];
    await sample({ batchRows: 5 }, (event) => events.push(event));
    const seen = events.flatMap((event) =>
      event.type === 'outputs' ? event.numbers.map((number) => `${event.prompt} ${number}`) : [],
    );
    expect(seen.sort()).toEqual(PROMPTS.flatMap((prompt) => [0, 1, 2].map((i) => `${prompt} ${i}`)).sort());
  });

  it('takes up a stopped run as a whole, then makes as many again of each', async () => {
    await sample({ count: 40 });
    const whole = await Promise.all(PROMPTS.map((prompt) => outputsOf(prompt)));
    directory = await newDirectory();
    const controller = new AbortController();
    const stopped = sample({ count: 40, signal: controller.signal, batchRows: 2 }, (event) => {
      if (event.type === 'outputs') controller.abort();
    });
    await expect(stopped).rejects.toThrow(AbortedError);

    const { made } = await sample({ count: 40 });
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(160);
    expect(await Promise.all(PROMPTS.map((prompt) => outputsOf(prompt)))).toEqual(whole);
    const next = await sample({ count: 40 });
    expect(next.campaigns.map(({ first, last }) => [first, last])).toEqual(PROMPTS.map(() => [40, 79]));
  });

  it('makes of finished prompts nothing more while others are unfinished, or new', async () => {
    await sample();
    await rm(join(directory, promptHash(PROMPTS[2]!), 'separate', '1'));
    const { campaigns } = await sample({ prompts: [...PROMPTS, 'new'] });
    expect(campaigns.map(({ made }) => made)).toEqual([0, 0, 1, 0, 3]);
    expect((await sample()).made).toBe(12);
  });

  it('refuses a prompt that leaves no room, before it writes anything', async () => {
    await expect(sample({ prompts: ['def f():', 'a b '.repeat(60)] })).rejects.toThrow(
      /context of 64 tokens/,
    );
    await expect(sample({ prompts: [] })).rejects.toThrow(/prompts/);
    expect(await readdir(directory)).toEqual([]);
  });
});
