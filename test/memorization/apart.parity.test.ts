/** `--encoding apart` equals the published probe on every secret (test/oracle/apart_probe.py: transformers, padded on both sides). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { encodeApart } from '../../lib/secrets/encode-apart.js';
import type { Secret } from '../../lib/secrets/secret.js';
import { lethe, parseLines, workspace, writeLines } from '../cli/run-cli.js';

interface Probed extends Secret {
  /** By transformers. */
  readonly ma: number;
  readonly tokens: number;
}

const MODEL = fileURLToPath(new URL('../fixtures/memorization/apart', import.meta.url));
const records = async () =>
  JSON.parse(await readFile(`${MODEL}/records.json`, 'utf8')) as {
    id: string;
    text: string;
    secrets: Probed[];
  }[];

test('24 of 24 secrets, where in place some differ', async () => {
  await using space = await workspace();
  const expected = await records();
  await writeLines(space.at('in.jsonl'), expected);
  const measure = async (...args: string[]) => {
    const { stdout } = await lethe([
      'measure',
      '--model',
      MODEL,
      '--input',
      space.at('in.jsonl'),
      '--el',
      '3',
      ...args,
    ]);
    return parseLines(stdout).flatMap(({ secrets }) => secrets as Probed[]);
  };
  const wanted = expected.flatMap(({ secrets }) => secrets);
  expect(wanted).toHaveLength(24);
  const apart = await measure('--encoding', 'apart');
  for (const [i, { ma }] of wanted.entries()) expect(apart[i]!.ma).toBeCloseTo(ma, 12);
  expect(apart[0]).not.toHaveProperty('first');
  const inPlace = await measure();
  const equal = inPlace.filter(({ ma }, i) => Math.abs(ma - wanted[i]!.ma) < 1e-9);
  expect(equal.length).toBeLessThan(24);
  expect(inPlace[0]).toHaveProperty('first');
  const refused = await lethe([
    'measure',
    '--model',
    MODEL,
    '--input',
    '-',
    '--encoding',
    'apart',
    '--overlap',
    'published',
  ]);
  expect(refused.stderr).toContain(
    'Expected --overlap to have an effect but with --encoding apart it has none.',
  );
});

test('the last tokens of the prefix, the first of the value', async () => {
  const tokenizer = await Tokenizer.load(MODEL);
  for (const { text, secrets } of await records())
    for (const secret of secrets) {
      const prefix = [...tokenizer.encode(text.slice(0, secret.start)).tokens];
      const value = [...tokenizer.encode(secret.value).tokens];
      const limits = { prefixTokens: 7, secretTokens: 5 };
      expect(encodeApart(text, secret, tokenizer, limits)).toEqual({
        tokens: Int32Array.of(...prefix.slice(-7), ...value.slice(0, 5)),
        first: Math.min(7, prefix.length),
        last: Math.min(7, prefix.length) + 4,
      });
      expect(value.slice(0, 32)).toHaveLength(secret.tokens);
    }
});
