import { appendFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import type { Model } from '../../lib/model/model.js';
import type { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import { Random } from '../../lib/random.js';
import { type CampaignEvent, type CampaignOptions, runCampaign } from '../../lib/sampling/campaign.js';
import { type LogProbsRecord, listOutputs, type OutputRecord } from '../../lib/sampling/output-directory.js';
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

function sample(given: Partial<CampaignOptions> = {}, onEvent?: (event: CampaignEvent) => void) {
  const options = { directory, count: 5, maxTokens: 3, seed: 7, layout: 'jsonl' as const, ...given };
  return drain(runCampaign(model, tokenizer, options), onEvent);
}

/** All files but campaign.json, which holds the time. */
async function files(of = directory): Promise<Record<string, string>> {
  const names = (await readdir(of)).filter((name) => name !== 'campaign.json').sort();
  const entries = names.map(async (name) => [name, await readFile(join(of, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function parse<T>(text: string | undefined): T[] {
  return text!
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

describe('a campaign in JSON lines', () => {
  it('writes what it writes one file an output, in the order of the numbers', async () => {
    await sample({ batchRows: 2 });
    const lines = parse<OutputRecord>((await files())['outputs-000000.jsonl']);
    expect(lines.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
    const shards = directory;
    directory = await newDirectory();
    await sample({ layout: 'separate' });
    for (const { id, text, tokenCount, stopReason } of lines) {
      expect(await readFile(join(directory, 'separate', String(id)), 'utf8')).toBe(text);
      expect([tokenCount, stopReason]).toEqual([3, 'length']);
    }
    expect(Object.keys(await files(shards))).toEqual(['outputs-000000.jsonl']);
  });

  it.each(['separate', 'jsonl'] as const)(
    'keeps the log-probabilities of the tokens beside it, %s',
    async (layout) => {
      await sample({ layout, logProbs: true, temperature: 0, count: 2 });
      const names = (await readdir(directory)).filter((name) => name.startsWith('logprobs'));
      expect(names).toEqual(['logprobs-000000.jsonl']);
      const lines = parse<LogProbsRecord>(await readFile(join(directory, names[0]!), 'utf8'));
      const prompt = Int32Array.of(tokenizer.bosId ?? tokenizer.eosId!);
      const [greedy] = await model.generate([{ prompt }], {
        maxTokens: 3,
        temperature: 0,
        stopIds: [tokenizer.eosId!],
      });
      expect(lines.map(({ id }) => id)).toEqual([0, 1]);
      for (const { tokens, logprobs } of lines) {
        expect(tokens).toEqual([...greedy!.tokens]);
        // The decimals are those of the 32-bit floats.
        expect(logprobs.map(Math.fround)).toEqual([...greedy!.logprobs]);
      }
    },
  );

  it('does not depend on what was decoded together', async () => {
    await sample({ batchRows: 1, count: 30 });
    const one = await files();
    for (const batchRows of [3, 30, undefined]) {
      directory = await newDirectory();
      await sample({ count: 30, ...(batchRows === undefined ? {} : { batchRows }) });
      expect(await files()).toEqual(one);
    }
  });

  it('fills files of a thousand, over several runs', async () => {
    expect(await sample({ count: 700, maxTokens: 1 })).toMatchObject({ first: 0, last: 699 });
    expect(await sample({ count: 1500, maxTokens: 1 })).toMatchObject({ first: 700, last: 2199, made: 1500 });
    const made = await files();
    expect(Object.keys(made)).toEqual([
      'outputs-000000.jsonl',
      'outputs-000001.jsonl',
      'outputs-000002.jsonl',
    ]);
    const ids = Object.values(made).map((text) => parse<OutputRecord>(text).map(({ id }) => id));
    expect(ids).toEqual(
      [0, 1, 2].map((shard) => Array.from({ length: shard === 2 ? 200 : 1000 }, (_, i) => 1000 * shard + i)),
    );
    expect(await listOutputs(directory)).toEqual(ids.flat());
  });

  it('goes on where it was stopped, with the same outputs', async () => {
    await sample({ count: 100, logProbs: true });
    const whole = await files();
    directory = await newDirectory();
    const controller = new AbortController();
    const stopped = sample(
      { count: 100, logProbs: true, batchRows: 4, signal: controller.signal },
      (event) => {
        if (event.type === 'outputs') controller.abort();
      },
    );
    await expect(stopped).rejects.toThrow(AbortedError);
    expect(Object.keys(await files())).toContain('outputs-000000.jsonl.part');
    const { made } = await sample({ count: 100, logProbs: true });
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(100);
    expect(await files()).toEqual(whole);
  });

  it('loses nothing and doubles nothing, wherever a crash came', async () => {
    await sample({ count: 12, logProbs: true });
    const whole = await files();
    const random = new Random(11);
    const rest = directory;
    for (let trial = 0; trial < 12; trial++) {
      directory = await newDirectory();
      await cp(rest, directory, { recursive: true });
      // An output is written after its log-probabilities, and a file takes its name before its part goes.
      const order = random.shuffle([...Array(12).keys()]);
      const [scored, written] = [random.integer(13), random.integer(13)].sort((a, b) => b - a);
      await crash('logprobs', whole, order.slice(0, scored), random);
      await crash('outputs', whole, order.slice(0, written), random);
      const result = await sample({ count: 12, logProbs: true, batchRows: 1 + random.integer(5) });
      if (written! < 12) expect(result).toMatchObject({ first: 0, made: 12 - written! });
      const made = await files();
      if (written === 12) expect(result).toMatchObject({ made: 12, first: 12 });
      else expect(made).toEqual(whole);
    }
  });

  it('refuses another layout', async () => {
    await sample();
    await expect(sample({ layout: 'separate' })).rejects.toThrow(
      /layout "jsonl"\) but received layout "separate"/,
    );
    await expect(sample({ logProbs: true })).rejects.toThrow(/logProbs false\) but received logProbs true/);
    await rm(join(directory, 'campaign.json'));
    await expect(sample({ layout: 'separate' })).rejects.toThrow(/layout "jsonl"/);
  });

  it('numbers on from what is there without a record', async () => {
    const output = { id: 4, text: 'x', tokenCount: 1, stopReason: 'stop' };
    await writeFile(join(directory, 'outputs-000000.jsonl'), `${JSON.stringify(output)}\n`);
    expect(await sample({ count: 2 })).toMatchObject({ first: 5, last: 6, made: 2 });
    expect(parse<OutputRecord>((await files())['outputs-000000.jsonl'])[0]).toEqual(output);
  });

  it('stops when the disk does not take an output, and leaves none without its log-probabilities', async () => {
    await mkdir(join(directory, 'logprobs-000000.jsonl.part'));
    const stopped = sample({ layout: 'separate', logProbs: true, count: 200 });
    await expect(stopped).rejects.toThrow(/logprobs-000000\.jsonl\.part/);
    expect(await listOutputs(directory)).toEqual([]);
    await rm(join(directory, 'logprobs-000000.jsonl.part'), { recursive: true });
    expect(await sample({ layout: 'separate', logProbs: true, count: 200 })).toMatchObject({
      first: 0,
      made: 200,
    });
  });

  it('refuses a file with other lines', async () => {
    await writeFile(join(directory, 'outputs-000000.jsonl'), '{"text": 1}\n');
    await expect(sample()).rejects.toThrow(/outputs-000000\.jsonl line 1/);
  });
});

/** Leaves the file as a crash would after these records: unfinished and perhaps torn, or finished with its part still there. */
async function crash(
  name: string,
  whole: Readonly<Record<string, string>>,
  ids: readonly number[],
  random: Random,
): Promise<void> {
  const path = join(directory, `${name}-000000.jsonl`);
  const lines = whole[`${name}-000000.jsonl`]!.split('\n');
  const text = ids.map((id) => `${lines[id]}\n`).join('');
  if (ids.length < 12 || random.integer(2) === 0) await rm(path);
  await writeFile(`${path}.part`, text);
  await writeFile(`${path}.part.key`, 'campaign\n');
  if (random.integer(2) === 0) await appendFile(`${path}.part`, lines[0]!.slice(0, random.integer(20)));
}
