/** Every command that reads text reads it in UTF-8, UTF-16 and UTF-32, as a byte-order mark says, to the same end. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/program.js';
import { workspace, writeTinyModel } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
const at = (name: string) => space.at(name);

/** The mark of UTF-8 alone is a character of texts, as published: other tests have it. */
const ENCODINGS = {
  'utf-16, little-endian': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16, big-endian': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'utf-32, little-endian': (text: string) => utf32(`\ufeff${text}`, true),
  'utf-32, big-endian': (text: string) => utf32(`\ufeff${text}`, false),
};

function utf32(text: string, littleEndian: boolean): Buffer {
  const points = [...text].map((character) => character.codePointAt(0)!);
  const bytes = Buffer.alloc(4 * points.length);
  for (const [i, point] of points.entries())
    if (littleEndian) bytes.writeUInt32LE(point, 4 * i);
    else bytes.writeUInt32BE(point, 4 * i);
  return bytes;
}

const CODE = Array.from({ length: 12 }, (_, i) => `wert_${i} = größe(${i}, "🙂")\n`).join('');
const FUNCTION = 'def größe(x):\n    """Größe 🙂."""\n    return x\n';
const MAIL = { tag: 'EMAIL', type: 'Email Address', value: 'me@here.org', start: 5, end: 16 };
const lines = (records: readonly object[]) => records.map((each) => `${JSON.stringify(each)}\n`).join('');

/** In UTF-8 without a mark, by which all others are judged. */
const FILES: Readonly<Record<string, string>> = {
  'd.jsonl': lines([
    { id: 'ä', text: 'größe = 1\nkey = "AKIAQ7XJ2MPLW5TNZR4K"\n' },
    { id: 'b', text: 'y = "🙂"\n' },
  ]),
  'array.json': JSON.stringify([{ id: 'ä', text: 'größe = 1\n' }], null, 2),
  'table.csv': 'id,text\nä,größe = 1\nb,"y = ""🙂"""\n',
  'secrets.jsonl': lines([{ id: 'm', text: 'mail me@here.org größe', secrets: [MAIL] }]),
  'spans.jsonl': lines([{ id: 'ä', secrets: [{ ...MAIL, value: 'größe', start: 0, end: 5 }] }]),
  'probed.jsonl': lines([
    { id: 'm', text: 'mail me@here.org', ma: 1, secrets: [{ ...MAIL, first: 1, last: 9 }] },
  ]),
  'scores.jsonl': lines([
    { id: 'ä', hits: [1, 1] },
    { id: 'b', hits: [1, 0] },
  ]),
  'thresholds.json': JSON.stringify({ memorizationAccuracy: 1, extractionLikelihood: { 10: 1 } }),
  'tiny.json': '{"model_type":"gpt2","n_layer":1,"n_head":2,"n_embd":16,"n_positions":64}',
  'prompt.txt': 'def größe(x):  # 🙂\n',
  'functions.py': FUNCTION,
  'rules.toml': `[[rules]]\nid = "größe"\nregex = '''größe = (1)'''\n`,
  'tree/a.py': CODE,
  'campaign/separate/0': CODE,
  'campaign/separate/1': FUNCTION,
};

/** Made of the above, once; `lethe` of each encoding reads them encoded. */
const MADE = [
  ...['merged/all_0-1', 'merged/map_0-1.json', 'clones.log', 'clones.jsonl'],
  ...['corpus/0', 'corpus/0.documents.jsonl'],
];

beforeAll(async () => {
  space = await workspace();
  process.stdout.setMaxListeners(0);
  process.stderr.setMaxListeners(0);
  await writeTinyModel(at('model'));
  const plain = at('plain');
  for (const [name, text] of Object.entries(FILES)) write(plain, name, Buffer.from(text));
  cpSync(at('plain/campaign'), at('plain/merged'), { recursive: true });
  const merged = at('plain/merged/all_0-1');
  for (const args of [
    ['merge', at('plain/merged')],
    ['corpus', 'build', at('plain/tree'), '--output', at('plain/corpus')],
    ['clones', merged, at('plain/corpus/0'), '--log', at('plain/clones.log')],
    ['clones', merged, at('plain/corpus/0'), '--log', at('plain/clones.jsonl')],
  ])
    expect((await lethe(args)).code).toBe(0);
  const texts = { ...FILES, ...Object.fromEntries(MADE.map((name) => [name, textOf(join(plain, name))])) };
  for (const [encoding, encode] of Object.entries(ENCODINGS))
    for (const [name, text] of Object.entries(texts))
      write(at(encoding), name, encode(text.replaceAll(plain, at(encoding))));
}, 120_000);
afterAll(() => space[Symbol.asyncDispose]());
afterEach(() => vi.restoreAllMocks());

const textOf = (path: string) => readFileSync(path, 'utf8');

function write(directory: string, name: string, content: Buffer): void {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

async function lethe(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    });
  try {
    return { code: await main(args), ...written };
  } finally {
    vi.restoreAllMocks();
  }
}

type Reader = readonly [name: string, args: (input: (name: string) => string) => string[], output?: string];

const onModel = (command: string, input: string) => [command, '--model', at('model'), '--input', input];

/** Command lines without their output, and which of its files is compared where it is a directory. */
const READERS: readonly Reader[] = [
  ['score', (input) => onModel('score', input('d.jsonl'))],
  ['score an array', (input) => onModel('score', input('array.json'))],
  ['score a table', (input) => [...onModel('score', input('table.csv')), '--format', 'jsonl']],
  ['measure', (input) => [...onModel('measure', input('secrets.jsonl')), '--max-tokens', '16']],
  ['generate', (input) => [...onModel('generate', input('d.jsonl')), '--max-tokens', '4']],
  ['threshold', (input) => onModel('threshold', input('d.jsonl'))],
  ['secrets scan', (input) => ['secrets', 'scan', '--input', input('d.jsonl')]],
  ['secrets scan of a tree', (input) => ['secrets', 'scan', '--input', input('tree')]],
  [
    'secrets scan by rules',
    (input) => ['secrets', 'scan', '--input', input('d.jsonl'), '--rules', input('rules.toml')],
  ],
  [
    'secrets probe',
    (input) => ['secrets', 'probe', '--model', at('model'), '--input', input('secrets.jsonl')],
  ],
  [
    'set documents',
    (input) =>
      ['set', 'documents', input('d.jsonl'), '--tokenizer', at('model')].concat([
        ...['--secrets', input('spans.jsonl')],
      ]),
  ],
  [
    'set documents without',
    (input) =>
      ['set', 'documents', input('d.jsonl'), '--tokenizer', at('model')].concat([
        ...['--without', input('spans.jsonl')],
      ]),
  ],
  [
    'set forget',
    (input) => ['set', 'forget', '--input', input('probed.jsonl'), '--size', '1', '--min-tokens', '1'],
    'group-0.jsonl',
  ],
  [
    'set retain',
    (input) =>
      ['set', 'retain', '--input', input('d.jsonl'), '--scores', input('scores.jsonl')].concat([
        ...['--size', '1', '--min-accuracy', '0'],
      ]),
    'retain.jsonl',
  ],
  ['corpus build', (input) => ['corpus', 'build', input('d.jsonl'), input('tree')], '0'],
  [
    'train',
    (input) => ['train', '--config', input('tiny.json'), '--input', input('d.jsonl'), '--max-tokens', '8'],
    'model.safetensors',
  ],
  [
    'unlearn',
    (input) =>
      ['unlearn', '--model', at('model'), '--forget', input('d.jsonl'), '--method', 'ga'].concat([
        ...['--thresholds', input('thresholds.json'), '--max-tokens', '16', '--max-epochs', '1'],
      ]),
    'model.safetensors',
  ],
  ['sample after a file', (input) => sampling('--prompt-file', input('prompt.txt')), 'outputs-000000.jsonl'],
  ['merge', () => ['merge'], 'all_0-1'],
  ['clones', (input) => ['clones', input('merged/all_0-1'), input('corpus/0')]],
  ['clones merge', (input) => ['clones', 'merge', input('clones.log'), input('clones.jsonl')]],
  [
    'analyze',
    (input) =>
      [
        'analyze',
        input('clones.log'),
        '--outputs',
        input('merged/all_0-1'),
        '--shards',
        input('corpus'),
      ].concat([...['--map', input('merged/map_0-1.json')]]),
    'fingerprints.jsonl',
  ],
  [
    'rank',
    (input) =>
      ['rank', '--model', at('model'), '--outputs', input('merged/all_0-1')].concat([
        ...['--log', input('clones.log'), '--map', input('merged/map_0-1.json'), '--shards', input('corpus')],
      ]),
  ],
];

function sampling(...prompt: readonly string[]): string[] {
  return ['sample', '--model', at('model'), ...prompt, '--count', '2', '--max-tokens', '4'].concat([
    ...['--layout', 'jsonl'],
  ]);
}

/** What a command made of the inputs of one encoding, whatever the directory of these is called. */
async function run([name, args, file]: Reader, encoding: string): Promise<string> {
  const output = join(at(`out ${encoding}`), name.replaceAll(' ', '-'));
  mkdirSync(join(output, '..'), { recursive: true });
  const line = args((input) => join(at(encoding), input));
  const option = name.startsWith('clones') ? '--log' : '--output';
  if (name === 'merge') {
    cpSync(join(at(encoding), 'campaign'), output, { recursive: true });
    line.push(output);
  } else line.push(option, output);
  const { code, stderr } = await lethe(line);
  expect(stderr).not.toMatch(/^lethe: (Expected|Could)/m);
  expect([0, 3]).toContain(code);
  const path = file === undefined ? output : join(output, file);
  return readFileSync(path, 'latin1').replaceAll(at(encoding), 'INPUTS');
}

describe.each(READERS.map((reader) => ({ name: reader[0], reader })))('$name', ({ reader }) => {
  let expected: string;
  beforeAll(async () => {
    expected = await run(reader, 'plain');
    expect(expected).not.toBe('');
  });
  test.each(Object.keys(ENCODINGS))('%s', async (encoding) => {
    expect(await run(reader, encoding)).toBe(expected);
  });
});

describe.each(Object.keys(ENCODINGS))('%s', (encoding) => {
  const encode = (text: string) => ENCODINGS[encoding as keyof typeof ENCODINGS](text);

  test('the files of a model', async () => {
    const directory = at(`model ${encoding}`);
    cpSync(at('model'), directory, { recursive: true });
    for (const name of readdirSync(directory))
      if (name.endsWith('.json') && name !== 'run.json')
        writeFileSync(join(directory, name), encode(textOf(join(directory, name))));
    const output = at(`scores ${encoding}`);
    const args = ['score', '--model', directory, '--input', at('plain/d.jsonl'), '--output', output];
    const expected = at('scores of all');
    if (!existsSync(expected))
      await lethe(['score', '--model', at('model'), '--input', at('plain/d.jsonl'), '--output', expected]);
    expect(await lethe(args)).toMatchObject({ code: 0 });
    expect(textOf(output)).toBe(textOf(expected));
  });

  test('a mission', async () => {
    const file = at(`mission ${encoding}.yaml`);
    writeFileSync(file, encode('title: Größe 🙂\nmodel: model\ncorpus: plain/d.jsonl\ndirectory: größe\n'));
    const { code, stdout } = await lethe(['run', file, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(at('größe'));
  });

  test('the prompts of functions', async () => {
    const output = at(`functions ${encoding}`);
    const files = ['--function-prompts', join(at(encoding), 'functions.py')];
    const { code, stderr } = await lethe([...sampling(...files), '--output', output]);
    expect([code, stderr]).toEqual([0, stderr]);
    const plain = at(`functions plain ${encoding}`);
    await lethe([...sampling('--function-prompts', at('plain/functions.py')), '--output', plain]);
    const prompts = (directory: string) =>
      readdirSync(directory).filter((name) => /^[0-9a-f]{40}$/.test(name));
    expect(prompts(output)).toHaveLength(1);
    expect(prompts(output)).toEqual(prompts(plain));
  });
});
