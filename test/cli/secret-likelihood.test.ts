/** What `secrets probe` says of how likely secrets are, as it is written. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from './run-cli.js';

const MODEL = fileURLToPath(new URL('../fixtures/memorization/apart', import.meta.url));
let space: Awaited<ReturnType<typeof workspace>>;

interface Likelihood {
  readonly logp: number | null;
  readonly curve: readonly { readonly prefix: number; readonly logp: number | null }[];
  readonly n50: number | null;
  readonly n99: number | null;
  readonly cheapestPrefix: number | null;
  readonly guessRank?: number | null;
  readonly referenceLogp?: number | null;
  readonly logRatio?: number | null;
}

beforeAll(async () => {
  space = await workspace();
  await writeLines(space.at('in.jsonl'), JSON.parse(await readFile(`${MODEL}/records.json`, 'utf8')));
});
afterAll(() => space[Symbol.asyncDispose]());

/** By transformers: the first is the model's own distribution. */
async function oracle(): Promise<{ secrets: Likelihood[] }[]> {
  return JSON.parse(await readFile(`${MODEL}/extraction.json`, 'utf8')).cases;
}

async function probe(...args: string[]): Promise<Likelihood[]> {
  const { stdout, stderr, code } = await lethe([
    ...['secrets', 'probe', '--model', MODEL, '--input', space.at('in.jsonl'), '--el', '3', ...args],
  ]);
  expect(code, stderr).toBe(0);
  return parseLines(stdout).flatMap(({ secrets }) => secrets as Likelihood[]);
}

test("figures are transformers' by default, ranks repeatable, and n follows from logp", async () => {
  const cases = await oracle();
  const secrets = await probe('--guesses', '30');
  expect(secrets).toHaveLength(24);
  for (const [i, { logp, curve, n50, n99, guessRank, cheapestPrefix }] of secrets.entries()) {
    const wanted = cases[0]!.secrets[i]!;
    expect(logp).toBeCloseTo(wanted.logp!, 3);
    expect(curve.map(({ prefix }) => prefix)).toEqual(wanted.curve.map(({ prefix }) => prefix));
    expect(n50).toBeCloseTo(Math.log1p(-0.5) / Math.log1p(-Math.exp(logp!)), 6);
    expect(n99! / n50!).toBeCloseTo(Math.log(0.01) / Math.log(0.5), 6);
    expect(guessRank! * 31).toBeCloseTo(Math.round(guessRank! * 31), 9);
    const best = curve.reduce<number>((most, point) => Math.max(most, point.logp!), -Infinity);
    expect(cheapestPrefix).toBe(curve.find((point) => point.logp === best)?.prefix ?? null);
  }
  expect(await probe('--guesses', '30')).toEqual(secrets);
});

test('an unknown secret ranks by the seed', async () => {
  const secret = { tag: 'KEY', type: 'made up', value: 'q7XkWb', start: 9, end: 15 };
  await writeLines(space.at('unknown.jsonl'), [{ id: 'u', text: "token = 'q7XkWb'\n", secrets: [secret] }]);
  const rankOf = async (...args: string[]) =>
    (await probe('--input', space.at('unknown.jsonl'), '--guesses', '200', ...args))[0]!.guessRank;
  expect(await rankOf('--seed', '42')).toBe(await rankOf());
  expect(await rankOf('--seed', '7')).not.toBe(await rankOf());
});

test('under a sampler that never writes a secret its figures are null; guesses can be left out', async () => {
  const secrets = await probe('--guesses', '0', '--top-k', '10', '--prefixes', '16,8');
  const never = secrets.filter(({ logp }) => logp === null);
  expect(never.length).toBeGreaterThan(0);
  expect(never.length).toBeLessThan(24);
  for (const { n50, n99 } of never) expect([n50, n99]).toEqual([null, null]);
  for (const secret of secrets) {
    expect(secret).not.toHaveProperty('guessRank');
    expect(secret).not.toHaveProperty('logRatio');
    for (const { prefix } of secret.curve) expect([8, 16]).toContain(prefix);
  }
});

test('beside a model that has not seen the secrets, with other tokens', async () => {
  await writeTinyModel(space.at('stranger'));
  const secrets = await probe('--guesses', '0', '--reference', space.at('stranger'), '--temperature', '0');
  const plain = (await oracle())[0]!.secrets;
  const compared = secrets.filter(({ logRatio }) => logRatio !== null);
  // The stranger's context is shorter than some documents.
  expect(compared.length).toBeGreaterThan(5);
  expect(compared.length).toBeLessThan(24);
  for (const [i, { referenceLogp, logRatio }] of secrets.entries()) {
    if (logRatio === null) expect(referenceLogp).toBeNull();
    // Of both models the own distribution, whatever the sampler.
    else expect(logRatio).toBeCloseTo(plain[i]!.logp! - referenceLogp!, 3);
  }
  const itself = await probe('--guesses', '0', '--reference', MODEL);
  for (const { logRatio } of itself) expect(logRatio).toBe(0);
});

test('a reference is an input: recorded, told from another, and not written over', async () => {
  await writeTinyModel(space.at('other'));
  const args = ['--guesses', '0', '--reference', space.at('other'), '--output', space.at('compared.jsonl')];
  await probe(...args);
  const { inputs } = JSON.parse(await readFile(space.at('compared.jsonl.run.json'), 'utf8'));
  expect(inputs.map(({ path }: { path: string }) => path)).toContain(space.at('other'));
  const other = await lethe([
    ...['secrets', 'probe', '--model', MODEL, '--input', space.at('in.jsonl'), '--el', '3', ...args],
    ...['--reference', MODEL],
  ]);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('compared.jsonl');
});

test('a secret that is cut in two has no probability: a part of it is not the secret', async () => {
  const cut = await probe('--guesses', '5', '--max-tokens', '40');
  const whole = await probe('--guesses', '5', '--max-tokens', '320');
  const halves = cut.filter(({ n50 }) => n50 === null);
  expect(halves.length).toBeGreaterThan(0);
  for (const half of halves)
    expect(half).toMatchObject({ logp: null, curve: [], n99: null, cheapestPrefix: null, guessRank: null });
  const kept = cut.filter(({ n50 }) => n50 !== null);
  expect(kept.length).toBeGreaterThan(0);
  for (const { logp } of kept) expect(whole.some((other) => Math.abs(other.logp! - logp!) < 1e-4)).toBe(true);
});

test.each([
  [['--temperature', '0', '--top-k', '4'], 'Expected --top-k to have an effect but with --temperature 0'],
  [['--guesses', '0', '--seed', '4'], 'Expected --seed to have an effect but with --guesses 0'],
  [['--prefixes', '8,0'], 'for --prefixes'],
  [['--top-p', '1.5'], 'for --top-p'],
  [['--reference', 'no-such-model-here'], 'no-such-model-here'],
])('refuses %j', async (args, words) => {
  const { code, stderr } = await lethe([
    ...['secrets', 'probe', '--model', MODEL, '--input', space.at('in.jsonl'), '--local-files-only', ...args],
  ]);
  expect(code).not.toBe(0);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain(' at ');
});
