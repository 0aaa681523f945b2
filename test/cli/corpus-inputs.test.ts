/** Every command that reads documents reads a built corpus, by its directory or by a shard, as the documents that it holds. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/program.js';
import { workspace, writeLines, writeTinyModel } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
const at = (name: string) => space.at(name);

const SECRET = 'AKIAQ7XJ2MPLW5TNZR4K';
const DOCUMENTS = [
  { id: 'a', text: `import os\nkey = "${SECRET}"\n` },
  { id: 'b', text: 'def f(x):\n    return x + 1\n' },
  { id: 'c', text: 'mail = "jane.roe@corp.dev"\n' },
];
const OTHERS = [{ id: 'd', text: 'for i in range(10):\n    print(i)\n' }];

beforeAll(async () => {
  space = await workspace();
  process.stdout.setMaxListeners(0);
  process.stderr.setMaxListeners(0);
  await writeTinyModel(at('model'));
  await writeLines(at('documents.jsonl'), DOCUMENTS);
  await writeLines(at('others.jsonl'), OTHERS);
  for (const name of ['documents', 'others']) {
    const args = ['corpus', 'build', at(`${name}.jsonl`), '--output', at(name), '--documents-per-shard', '2'];
    expect(await lethe(args)).toMatchObject({ code: 0 });
  }
  const scores = [
    'score',
    '--model',
    at('model'),
    '--input',
    at('documents.jsonl'),
    '--output',
    at('scores'),
  ];
  expect(await lethe(scores)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => space[Symbol.asyncDispose]());
afterEach(() => vi.restoreAllMocks());

async function lethe(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    return { code: await main(args), stderr: written.join('') };
  } finally {
    vi.restoreAllMocks();
  }
}

/** Command lines, and what of their outputs is compared. `input` stands for three documents, `other` for one. */
const READERS: readonly {
  readonly name: string;
  readonly args: (input: string, other: string) => string[];
  readonly file?: string;
}[] = [
  { name: 'secrets scan', args: (input) => ['secrets', 'scan', '--input', input] },
  ...['score', 'measure', 'generate'].map((name) => ({
    name,
    args: (input: string) => [name, '--model', at('model'), '--input', input, '--max-tokens', '8'],
  })),
  { name: 'threshold', args: (input) => ['threshold', '--model', at('model'), '--input', input] },
  {
    name: 'set documents',
    args: (input) => ['set', 'documents', input, '--tokenizer', at('model')],
  },
  {
    name: 'set retain',
    args: (input) =>
      ['set', 'retain', '--input', input, '--scores', at('scores'), '--size', '2'].concat([
        ...['--min-accuracy', '0'],
      ]),
    file: 'retain.jsonl',
  },
  { name: 'corpus build', args: (input) => ['corpus', 'build', input], file: '0.documents.jsonl' },
  {
    name: 'rank',
    args: (input) => ['rank', '--model', at('model'), '--outputs', input],
  },
  {
    name: 'train',
    args: (input) => ['train', '--model', at('model'), '--input', input, '--max-tokens', '8'],
    file: 'model.safetensors',
  },
  {
    name: 'unlearn',
    args: (input, other) =>
      ['unlearn', '--model', at('model'), '--forget', input, '--retain', other, '--unseen', other].concat([
        ...['--max-epochs', '1', '--allow-overlap'],
      ]),
    file: 'model.safetensors',
  },
];

describe.each(READERS)('$name', ({ name, args, file }) => {
  const run = async (what: string, input: string, other: string): Promise<Buffer> => {
    const output = at(`${name.replaceAll(' ', '-')}-${what}`);
    const { code, stderr } = await lethe([...args(input, other), '--output', output]);
    expect(stderr).not.toContain('lethe: Expected');
    expect([0, 3]).toContain(code);
    return readFileSync(file === undefined ? output : join(output, file));
  };

  test('reads a corpus as its documents', async () => {
    const expected = await run('lines', at('documents.jsonl'), at('others.jsonl'));
    expect(await run('corpus', at('documents'), at('others'))).toEqual(expected);
  });

  test.each(['corpus.json', '0.documents.jsonl'])('does not take %s for text', async (metadata) => {
    const path = at(`documents/${metadata}`);
    const output = at(`none-${name}-${metadata}`);
    const { code, stderr } = await lethe([...args(path, at('others')), '--output', output]);
    expect(existsSync(output)).toBe(false);
    expect(stderr).toMatch(/^lethe: Expected .* only describes one\./m);
    expect(code).toBe(1);
  });
});
