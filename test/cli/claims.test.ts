/** Every command that writes: what it refuses to write to, that a second process is refused, and that it can be run again. */
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/program.js';
import { claimOutput } from '../../lib/data/outputs/claim.js';
import { workspace, writeLines, writeTinyModel } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
const at = (name: string) => space.at(name);

/** One line of code a number, so that blocks of six lines stand in outputs and corpus. */
const CODE = Array.from({ length: 12 }, (_, i) => `value_${i} = compute(${i}, scale)\n`).join('');

beforeAll(async () => {
  space = await workspace();
  // Each call of main listens on them.
  process.stdout.setMaxListeners(0);
  process.stderr.setMaxListeners(0);
  await writeTinyModel(at('model'));
  await writeLines(at('d.jsonl'), [
    { id: 'a', text: 'import os\nkey = "AKIAQ7XJ2MPLW5TNZR4K"\n' },
    { id: 'b', text: 'y = 2\n' },
  ]);
  await writeLines(at('secrets.jsonl'), [
    {
      id: 'a',
      text: 'mail me@here.org now',
      secrets: [{ tag: 'EMAIL', type: 'Email Address', value: 'me@here.org', start: 5, end: 16 }],
    },
  ]);
  writeFileSync(at('tiny.json'), '{"model_type":"gpt2","n_layer":1,"n_head":2,"n_embd":16,"n_positions":64}');
  mkdirSync(at('src'));
  writeFileSync(at('src/a.py'), CODE);
  mkdirSync(at('campaign/separate'), { recursive: true });
  for (const i of [0, 1]) writeFileSync(at(`campaign/separate/${i}`), CODE);
  writeFileSync(at('shard'), CODE);
  for (const args of [
    ['merge', at('campaign')],
    ['clones', at('campaign/all_0-1'), at('shard'), '--log', at('0.log')],
    ['clones', at('campaign/all_0-1'), at('shard'), '--log', at('1.jsonl')],
    [
      'analyze',
      at('0.log'),
      '--outputs',
      at('campaign/all_0-1'),
      '--map',
      at('campaign/map_0-1.json'),
    ].concat(['--output', at('analysis')]),
  ]) {
    const { code, stderr } = await lethe(args);
    expect([code, stderr]).toEqual([0, stderr]);
  }
}, 120_000);

afterAll(() => space[Symbol.asyncDispose]());
afterEach(() => vi.restoreAllMocks());

/** The command line in this process, which is faster than one of its own. */
async function lethe(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const written: string[] = [];
  const error = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => written.push(String(text)) > 0);
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const code = await main(args);
    return { code, stderr: written.join('') };
  } finally {
    error.mockRestore();
    out.mockRestore();
  }
}

interface Writer {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  readonly option: string;
  readonly args: (output: string) => string[];
  /** Files or directories that it reads. */
  readonly inputs: readonly string[];
}

const onModel = () => ['--model', at('model'), '--input', at('d.jsonl')];

const WRITERS: readonly Writer[] = [
  {
    ...{ name: 'score', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['score', ...onModel(), '--output', output],
  },
  {
    ...{ name: 'generate', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['generate', ...onModel(), '--max-tokens', '2', '--output', output],
  },
  {
    ...{ name: 'measure', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['measure', ...onModel(), '--output', output],
  },
  {
    ...{ name: 'secrets scan', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['secrets', 'scan', '--input', at('d.jsonl'), '--output', output],
  },
  {
    ...{ name: 'secrets probe', kind: 'file', option: '--output', inputs: ['secrets.jsonl'] },
    args: (output) => [
      'secrets',
      'probe',
      '--model',
      at('model'),
      '--input',
      at('secrets.jsonl'),
      '--output',
      output,
    ],
  },
  {
    ...{ name: 'threshold', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['threshold', ...onModel(), '--output', output],
  },
  {
    ...{ name: 'set documents', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['set', 'documents', at('d.jsonl'), '--tokenizer', at('model'), '--output', output],
  },
  {
    ...{ name: 'rank', kind: 'file', option: '--output', inputs: ['d.jsonl'] },
    args: (output) => ['rank', '--outputs', at('d.jsonl'), '--model', at('model'), '--output', output],
  },
  {
    ...{ name: 'clones', kind: 'file', option: '--log', inputs: ['campaign/all_0-1', 'shard'] },
    args: (output) => ['clones', at('campaign/all_0-1'), at('shard'), '--log', output],
  },
  {
    ...{ name: 'clones merge', kind: 'file', option: '--log', inputs: ['0.log', '1.jsonl'] },
    args: (output) => ['clones', 'merge', at('0.log'), at('1.jsonl'), '--log', output],
  },
  {
    ...{ name: 'report', kind: 'file', option: '--output', inputs: ['analysis/analysis.json'] },
    args: (output) => ['report', at('analysis'), '--output', output],
  },
  {
    ...{ name: 'train', kind: 'directory', option: '--output', inputs: [] },
    args: (output) => ['train', '--config', at('tiny.json'), '--input', at('src'), '--output', output],
  },
  {
    ...{ name: 'train on a model', kind: 'directory', option: '--output', inputs: ['model'] },
    args: (output) => ['train', ...onModel(), '--output', output],
  },
  {
    ...{ name: 'unlearn', kind: 'directory', option: '--output', inputs: ['model'] },
    args: (output) =>
      ['unlearn', '--model', at('model'), '--forget', at('d.jsonl'), '--thresholds', '1,1'].concat([
        ...['--method', 'ga', '--output', output],
      ]),
  },
  {
    ...{ name: 'model add-pad-token', kind: 'directory', option: '--output', inputs: ['model'] },
    args: (output) => ['model', 'add-pad-token', at('model'), '--output', output],
  },
  {
    ...{ name: 'sample', kind: 'directory', option: '--output', inputs: ['model'] },
    args: (output) => [
      'sample',
      '--model',
      at('model'),
      '--count',
      '2',
      '--max-tokens',
      '2',
      '--output',
      output,
    ],
  },
  {
    ...{ name: 'corpus build', kind: 'directory', option: '--output', inputs: ['src'] },
    args: (output) => ['corpus', 'build', at('src'), '--output', output],
  },
  {
    ...{ name: 'analyze', kind: 'directory', option: '--output', inputs: ['campaign'] },
    args: (output) =>
      [
        'analyze',
        at('0.log'),
        '--outputs',
        at('campaign/all_0-1'),
        '--map',
        at('campaign/map_0-1.json'),
      ].concat([...['--output', output]]),
  },
  {
    ...{ name: 'demo', kind: 'directory', option: '--directory', inputs: [] },
    args: (output) => ['demo', '--directory', output],
  },
];

function contentOf(path: string): string {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'latin1');
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}:${readFileSync(join(entry.parentPath, entry.name), 'latin1')}`)
    .sort()
    .join('\n');
}

const ownOf = (name: string) => (what: string) => at(`${name.replaceAll(' ', '-')}-${what}`);

describe.each(WRITERS)('$name', ({ name, kind, option, args, inputs }) => {
  const own = ownOf(name);

  test.each(['', '--force'])('does not write over what it reads %s', async (force) => {
    for (const input of inputs) {
      const before = contentOf(at(input));
      const link = own(`link${force}-${input.replaceAll('/', '-')}`);
      symlinkSync(at(input), link);
      for (const output of [
        at(input),
        link,
        `${at(input)}/../../${at(input).split('/').slice(-2).join('/')}`,
      ]) {
        const { code, stderr } = await lethe([...args(output), ...(force === '' ? [] : [force])]);
        expect(stderr).toMatch(
          new RegExp(
            `^lethe: Expected ${option} to (differ|lie|be)|^lethe: Expected ${option} and .* to differ`,
          ),
        );
        expect(code).toBe(1);
      }
      expect(contentOf(at(input))).toBe(before);
    }
  });

  test('is refused while another run writes there', async () => {
    const output = own('busy');
    const place = { option: '--output', path: output, kind } as const;
    await using _ = await claimOutput(place, { command: 'other', inputs: [] });
    const { code, stderr } = await lethe([...args(output), '--force']);
    expect(stderr).toMatch(
      new RegExp(
        `^lethe: Expected ${option} to be free but .* is being written by another run \\(lethe other, process`,
      ),
    );
    expect(code).toBe(1);
  });

  test('leaves what it did not write, and names --force', async () => {
    const output = own('theirs');
    if (kind === 'directory') mkdirSync(output);
    const file = kind === 'directory' ? join(output, 'precious.txt') : output;
    writeFileSync(file, 'precious');
    const { code, stderr } = await lethe(args(output));
    expect(stderr).toMatch(
      new RegExp(`^lethe: Expected ${option} to be new or of this run but .*--force\\.\n$`),
    );
    expect(code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  test('finds out first that it cannot write', async () => {
    writeFileSync(own('plain'), '');
    const { code, stderr } = await lethe(args(join(own('plain'), 'out')));
    expect(stderr).toMatch(/^lethe: Could not write .*out: a part of its path is not a directory\./);
    expect(code).toBe(1);
    if (kind === 'file') mkdirSync(own('kind'));
    else writeFileSync(own('kind'), '');
    expect((await lethe(args(own('kind')))).stderr).toMatch(`lethe: Expected a ${kind} for ${option} but`);
  });
});

describe.each(WRITERS.filter(({ kind }) => kind === 'file'))('$name', ({ name, args }) => {
  const own = ownOf(name);

  test('writes to a pipe, which stays one, and puts nothing beside it', async () => {
    const folder = own('pipes');
    mkdirSync(folder);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe]);
    let text = '';
    reader.stdout.on('data', (data: Buffer) => {
      text += String(data);
    });
    const ended = new Promise((resolve) => reader.on('close', resolve));
    const { code, stderr } = await lethe(args(pipe));
    expect([code, stderr]).toEqual([0, stderr]);
    await ended;
    expect(text).not.toBe('');
    expect(statSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(['pipe']);
  });
});

/** The demo takes minutes; its own tests run it again. */
describe.each(WRITERS.filter(({ name }) => name !== 'demo'))('$name', ({ name, kind, args }) => {
  const own = ownOf(name);

  test('can be run again, and leaves no lock', async () => {
    const output = own('again');
    for (let i = 0; i < 2; i++) {
      const { code, stderr } = await lethe(args(output));
      expect([code, stderr]).toEqual([0, stderr]);
    }
    const names = readdirSync(kind === 'file' ? at('.') : output);
    expect(names.filter((each) => /lethe-(lock|part)|\.part|\.key/.test(each))).toEqual([]);
    if (name !== 'corpus build')
      expect(existsSync(kind === 'file' ? `${output}.run.json` : join(output, 'run.json'))).toBe(true);
  });
});

describe('merge', () => {
  const copy = (name: string): string => {
    cpSync(at('campaign/separate'), at(`${name}/separate`), { recursive: true });
    return at(name);
  };

  test('records each merged file, and makes the same again without a word', async () => {
    const campaign = copy('merge-again');
    for (let i = 0; i < 2; i++) expect(await lethe(['merge', campaign])).toMatchObject({ code: 0 });
    const record = JSON.parse(readFileSync(join(campaign, 'all_0-1.run.json'), 'utf8'));
    expect(record).toMatchObject({ command: 'merge', options: { start: 0, chunk: 200_000 } });
    expect(record.inputs).toHaveLength(1);
    expect(Object.keys(record.results.files)).toEqual(['all_0-1']);
    expect(record.results).toMatchObject({ outputs: 2, map: { digest: expect.any(String) } });
    const names = ['all_0-1', 'all_0-1.run.json', 'map_0-1.json', 'separate'];
    expect(readdirSync(campaign).sort()).toEqual(names);
  });

  test.each(['all_0-1', 'map_0-1.json'])('%s of something else needs --force', async (name) => {
    const campaign = copy(`merge-foreign-${name}`);
    writeFileSync(join(campaign, name), 'precious');
    const { code, stderr } = await lethe(['merge', campaign]);
    expect(stderr).toMatch(/^lethe: Expected .* to be new or merged from these outputs .*--force\.\n$/);
    expect(code).toBe(1);
    expect(readFileSync(join(campaign, name), 'utf8')).toBe('precious');
    expect(await lethe(['merge', campaign, '--force'])).toMatchObject({ code: 0 });
  });

  test.each(['all_0-1', 'map_0-1.json'])('%s that is a link to an output is refused', async (name) => {
    const campaign = copy(`merge-link-${name}`);
    symlinkSync(join(campaign, 'separate/0'), join(campaign, name));
    const { code, stderr } = await lethe(['merge', campaign, '--force']);
    expect(stderr).toMatch(/^lethe: Expected a merged file to lie outside the outputs/);
    expect(code).toBe(1);
    expect(readFileSync(join(campaign, 'separate/0'), 'utf8')).toBe(CODE);
  });

  test('is refused while another run writes in its directory', async () => {
    const campaign = copy('merge-busy');
    const place = { option: '--output', path: campaign, kind: 'directory', ownFiles: /./ } as const;
    await using _ = await claimOutput(place, { command: 'sample', inputs: [] });
    expect((await lethe(['merge', campaign])).stderr).toMatch(/is being written by another run/);
  });

  test('a file that is a device stays one', async () => {
    const campaign = copy('merge-device');
    for (const name of ['all_0-1', 'map_0-1.json']) symlinkSync('/dev/null', join(campaign, name));
    expect(await lethe(['merge', campaign])).toMatchObject({ code: 0 });
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('report', () => {
  const OTHER = '<!doctype html>\n<p>precious</p>\n';
  const again = async (...options: readonly string[]) =>
    lethe(['report', at('analysis'), '--output', at('page.html'), ...options]);

  test('replaces the page of the same run, whatever its options, and no other', async () => {
    for (const options of [[], ['--redact'], []]) expect(await again(...options)).toMatchObject({ code: 0 });
    const made = readFileSync(at('page.html'), 'utf8');
    writeFileSync(at('page.html'), OTHER);
    expect(await again()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/was changed after it was finished.*--force\.\n$/),
    });
    expect(readFileSync(at('page.html'), 'utf8')).toBe(OTHER);
    expect(await again('--force')).toMatchObject({ code: 0 });
    expect(readFileSync(at('page.html'), 'utf8')).toBe(made);
    cpSync(at('analysis'), at('analysis-2'), { recursive: true });
    const { code, stderr } = await lethe(['report', at('analysis-2'), '--output', at('page.html')]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/was made of something else.*--force\.\n$/)]);
  });

  test('a page without a record is left alone', async () => {
    writeFileSync(at('theirs.html'), OTHER);
    const { code, stderr } = await lethe(['report', at('analysis'), '--output', at('theirs.html')]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/has no record of.*--force\.\n$/)]);
  });

  test('page and run may be moved together', async () => {
    cpSync(at('analysis'), at('moved/before'), { recursive: true });
    expect(await lethe(['report', at('moved/before')])).toMatchObject({ code: 0 });
    cpSync(at('moved/before'), at('moved/after'), { recursive: true });
    expect(await lethe(['report', at('moved/after')])).toMatchObject({ code: 0 });
  });
});
