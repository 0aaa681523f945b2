import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCorpusCommand } from '../../lib/cli/commands/corpus.js';
import { createSecretsCommand } from '../../lib/cli/commands/secrets.js';
import { describeSummary } from '../../lib/cli/commands/secrets-scan.js';

const KEY = `ghp_${'x9Kq2ZvT7wLp4RjX8bNc5GfD3hYs6MkV1QzW'}`;
let directory: string;
const at = (name: string): string => join(directory, name);
const secrets = (...args: string[]) =>
  createSecretsCommand().exitOverride().parseAsync(args, { from: 'user' });
const scan = (...args: string[]) => secrets('scan', ...args);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-secrets-'));
  const lines = [
    { id: 'a', text: `// é jana@nordwind.invalid` },
    { id: 'b', content: `k("${KEY}", "${KEY}")` },
    { id: 'c', text: 'bind 10.0.0.1' },
  ];
  await writeFile(at('in.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

const records = async (path: string): Promise<unknown[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('lethe secrets scan', () => {
  test('writes one record a document', async () => {
    await scan('--input', at('in.jsonl'), '--output', at('out.jsonl'));
    const key = { tag: 'KEY', type: 'GitHub Token', value: KEY };
    expect(await records(at('out.jsonl'))).toEqual([
      {
        id: 'a',
        secrets: [{ tag: 'EMAIL', type: 'Email Address', value: 'jana@nordwind.invalid', start: 5, end: 26 }],
      },
      {
        id: 'b',
        secrets: [
          { ...key, start: 3, end: 43 },
          { ...key, start: 47, end: 87 },
        ],
      },
      { id: 'c', secrets: [] },
    ]);
  });

  test('--types and --no-filter', async () => {
    await scan('--input', at('in.jsonl'), '--output', at('ip.jsonl'), '--types', 'ip_address', '--no-filter');
    const tags = (await records(at('ip.jsonl'))).map((record) =>
      (record as { secrets: { tag: string }[] }).secrets.map(({ tag }) => tag),
    );
    expect(tags).toEqual([[], [], ['IP_ADDRESS']]);
  });

  test('several inputs of any kind; shares of them, merged, are the scan of all', async () => {
    await mkdir(at('more'));
    await writeFile(at('more/x.py'), `k = "${KEY}"\n`);
    await writeFile(at('last.csv'), 'id,code\nz,ove@nordwind.invalid\n');
    await writeFile(at('coded.jsonl'), `${JSON.stringify({ id: 'y', code: 'jana@nordwind.invalid' })}\n`);
    const inputs = [at('in.jsonl'), at('more')];
    await scan(...inputs, '--output', at('all.jsonl'));
    const all = await readFile(at('all.jsonl'), 'utf8');
    expect((await records(at('all.jsonl'))).map((record) => (record as { id: string }).id)).toEqual([
      'a',
      'b',
      'c',
      'x.py',
    ]);
    for (const share of [1, 2])
      await scan(...inputs, '--shard', `${share}/2`, '--output', at(`share${share}.jsonl`));
    const merged = at('merged.jsonl');
    await secrets('merge', at('share1.jsonl'), at('share2.jsonl'), '--output', merged);
    expect(await readFile(merged, 'utf8')).toBe(all);
    await expect(
      secrets('merge', at('share1.jsonl'), at('share1.jsonl'), '--output', merged, '--force'),
    ).rejects.toThrow(/"a" is that of an earlier one/);
    await expect(scan(...inputs, '--shard', '1/3', '--output', at('x.jsonl'))).rejects.toThrow(
      /no more shares than there are sources \(2\)/,
    );
    await scan(at('coded.jsonl'), at('last.csv'), '--text-field', 'code', '--output', at('code.jsonl'));
    expect((await readFile(at('code.jsonl'), 'utf8')).match(/Email Address/g)).toHaveLength(2);
  });

  test('reads a built corpus and single shards of one', async () => {
    const corpus = createCorpusCommand().exitOverride();
    await corpus.parseAsync(
      ['build', at('in.jsonl'), '--output', at('corpus'), '--documents-per-shard', '2'],
      { from: 'user' },
    );
    await scan(at('corpus'), '--output', at('corpus.jsonl'));
    await scan(at('corpus/1'), '--output', at('shard.jsonl'));
    const ids = async (path: string) => (await records(path)).map((record) => (record as { id: string }).id);
    expect([await ids(at('corpus.jsonl')), await ids(at('shard.jsonl'))]).toEqual([['a', 'b', 'c'], ['c']]);
  });

  test('reads whatever of a tree is text, hidden and large, and says what it passed over', async () => {
    const put = async (name: string, content: string | Buffer) => {
      await mkdir(dirname(at(`tree/${name}`)), { recursive: true });
      await writeFile(at(`tree/${name}`), content);
    };
    const line = `key = "${KEY}"\n`;
    await put('.env', line);
    await put('.github/x.yml', line);
    await put('.git/config', line);
    await put('src/big.json', `${line}${' '.repeat(2 ** 20)}`);
    await put('src/wide.ps1', Buffer.from(`\ufeff${line}`, 'utf16le'));
    await put('src/plain.py', 'x = 1\n');
    await put('src/latin1.py', Buffer.from('\xe9', 'latin1'));
    const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stderr = vi.mocked(process.stderr.write);
    stderr.mockClear();
    const found = async (...args: string[]) => {
      stdout.mockClear();
      await scan('--input', at('tree'), '--output', at('tree.jsonl'), '--json', '--force', ...args);
      const scanned = (await records(at('tree.jsonl'))) as { id: string; secrets: object[] }[];
      const { leftOut } = JSON.parse(String(stdout.mock.lastCall![0]));
      return { ids: scanned.filter(({ secrets }) => secrets.length > 0).map(({ id }) => id), leftOut };
    };
    expect(await found()).toEqual({
      ids: ['.env', '.github/x.yml', 'src/big.json', 'src/wide.ps1'],
      leftOut: {
        excluded: { count: 1, names: [at('tree/.git/')] },
        'not-text': { count: 1, names: [at('tree/src/latin1.py')] },
      },
    });
    expect(stderr.mock.calls.map(([text]) => text)).toContain(
      `Left out 1 (no text): ${at('tree/src/latin1.py')}.\n`,
    );
    const { ids, leftOut } = await found('--no-hidden', '--max-file-bytes', '1000', '--exclude', '*.ps1');
    expect(ids).toEqual([]);
    expect(Object.keys(leftOut)).toEqual(['hidden', 'excluded', 'large', 'not-text']);
    stdout.mockRestore();
  });

  test.each([
    [['--hidden'], /since --hidden is about directories, but received .*in\.jsonl\.$/],
    [['--no-hidden'], /since --no-hidden is about directories/],
    [['--exclude', '*.py'], /since --exclude is about directories/],
    [['--json', '--output', '-'], /Expected --output FILE with --json/],
    [['--types', 'EMAIL,PHONE'], /for --types but received "PHONE"/],
    [['--input', 'missing.jsonl'], /missing\.jsonl: it does not exist/],
  ])('%j is refused', async (args, message) => {
    await expect(scan('--input', at('in.jsonl'), '--output', at('x.jsonl'), ...args)).rejects.toThrow(
      message,
    );
  });

  test('a summary in one line', () => {
    expect(describeSummary({ documents: 7, sensitiveDocuments: 0, counts: {} })).toBe(
      'Secrets in 0 of 7 documents.',
    );
    expect(
      describeSummary({
        documents: 7,
        sensitiveDocuments: 2,
        counts: { 'GitHub Token': 3, 'IPv4 Address': 1 },
      }),
    ).toBe('Secrets in 2 of 7 documents: 3 GitHub Token, 1 IPv4 Address.');
  });
});
