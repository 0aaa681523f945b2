/** Claims on outputs: what is refused, whose results are whose, and what stays when a claim ends. */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ClaimedPlace, claimOutput, claimOutputs } from '../../../lib/data/outputs/claim.js';
import { createRunRecorder } from '../../../lib/data/outputs/run-recorder.js';
import { writeFileAtomic } from '../../../lib/files.js';
import { temporaryDirectory } from '../temporary.js';

const root = temporaryDirectory();
let number = 0;
let at: (path: string) => string;
beforeEach(() => {
  const directory = join(root, String(number++));
  mkdirSync(directory);
  at = (path) => join(directory, path);
});

const file = (path: string): ClaimedPlace => ({ option: '--output', path, kind: 'file' });
const directory = (path: string): ClaimedPlace => ({ option: '--output', path, kind: 'directory' });
const request = { command: 'try', inputs: [] };
const record = (command: string, runKey: string) =>
  createRunRecorder({ command, options: {} }).finish({ runKey });

/** A run from claim to record. */
async function runTo(
  place: ClaimedPlace,
  key: string,
  content: string,
  options: object = {},
): Promise<string> {
  await using claim = await claimOutput(place, { ...request, ...options });
  if (await claim.isFinished(key)) return 'finished';
  await claim.begin(key);
  const path = place.kind === 'file' ? place.path : join(place.path, 'model.bin');
  await writeFileAtomic(path, content, {
    beforeRename: async (part) =>
      void (place.kind === 'file' && (await claim.finish(record('try', key), part))),
  });
  if (place.kind === 'directory') await claim.finish(record('try', key));
  return 'made';
}

describe('an output that is an input', () => {
  const refuse = async (place: ClaimedPlace, input: string, sentence: RegExp, byName = false) => {
    const inputs = [{ option: '--input', path: input, byName }];
    await expect(claimOutput(place, { command: 'try', inputs, force: true })).rejects.toThrow(sentence);
  };

  test('by every spelling of its path', async () => {
    writeFileSync(at('d'), 'x');
    mkdirSync(at('m'));
    symlinkSync('d', at('link'));
    symlinkSync(at('m'), at('linked'));
    linkSync(at('d'), at('hard'));
    const differ = /^Expected --output and --input to differ but/;
    await refuse(file(at('d')), at('d'), differ);
    await refuse(file(`${at('m')}/../d`), at('d'), differ);
    await refuse(file(at('link')), at('d'), differ);
    await refuse(file(at('d')), at('link'), differ);
    await refuse(file(at('linked/../d')), at('d'), differ);
    await refuse(file(at('hard')), at('d'), differ);
    await refuse(directory(at('m')), at('m'), differ);
    await refuse(directory(`${at('m')}/../m/`), at('m'), differ);
    await refuse(directory(at('linked')), at('m'), differ);
    expect(readdirSync(at('.')).sort()).toEqual(['d', 'hard', 'link', 'linked', 'm']);
    expect(readdirSync(at('m'))).toEqual([]);
  });

  test('a link to nowhere that leads to the same place as another output', async () => {
    symlinkSync('target', at('link'));
    const outputs = [file(at('link')), { ...file(at('target')), option: '--log' }];
    await expect(claimOutputs({ ...request, outputs })).rejects.toThrow(
      /^Expected --log and --output to differ but .*target is .*link\./,
    );
    expect(readdirSync(at('.'))).toEqual(['link']);
  });

  test('lies in a directory that is read whole, or holds an input', async () => {
    mkdirSync(at('src/deep'), { recursive: true });
    writeFileSync(at('src/a.ts'), 'x');
    symlinkSync(at('src/deep'), at('deep'));
    const inside = /^Expected --output to lie outside --input, all of which is read, but/;
    await refuse(directory(at('src/corpus')), at('src'), inside);
    await refuse(file(at('src/none/out.jsonl')), at('src'), inside);
    await refuse(file(at('deep/out.jsonl')), at('src'), inside);
    await refuse(directory(at('.')), at('src/a.ts'), /^Expected --output to be a directory without inputs/);
    await refuse(directory(at('src')), at('deep'), /^Expected --output to be a directory without inputs/);
    await using claim = await claimOutput(file(at('src/out.jsonl')), {
      command: 'try',
      inputs: [{ option: '--input', path: at('src'), byName: true }],
    });
    expect(claim.isStream).toBe(false);
  });

  test('is where unfinished work goes', async () => {
    writeFileSync(at('out.part'), 'x');
    await refuse(file(at('out')), at('out.part'), /no file that the run itself keeps/);
    mkdirSync(at('model.state'));
    await refuse(directory(at('model')), at('model.state'), /no file that the run itself keeps/);
  });

  test('an input that is not there, and one beside the output, are no matter', async () => {
    writeFileSync(at('in'), 'x');
    const inputs = ['org/name', at('none'), at('in')].map((path) => ({ option: '--input', path }));
    await using claim = await claimOutput(file(at('out')), { command: 'try', inputs });
    expect(claim.path).toBe(at('out'));
  });
});

describe.each(['file', 'directory'] as const)('a %s', (kind) => {
  const place = (): ClaimedPlace => ({ option: '--output', path: at('out'), kind });

  test('is one run’s at a time, and nothing stays of a claim', async () => {
    {
      await using _ = await claimOutput({ ...place(), path: at('deep/er/out') }, request);
      await expect(
        claimOutput({ ...place(), path: at('deep/../deep/er/out/').replace(/\/$/, '') }, request),
      ).rejects.toMatchObject({
        code: 'ERR_OUTPUT_IN_USE',
        message: expect.stringMatching(
          /^Expected --output to be free but .*out is being written by another run \(lethe try, process \d+ on .+\)\.$/,
        ),
      });
    }
    expect(readdirSync(at('.'))).toEqual([]);
  });

  test('is finished by its key, made again when it has gone, refused with another key or when it was changed', async () => {
    expect(await runTo(place(), 'a', 'one')).toBe('made');
    expect(await runTo(place(), 'a', 'one')).toBe('finished');
    expect(await runTo(place(), 'a', 'one', { force: true })).toBe('finished');
    await expect(runTo(place(), 'b', 'two')).rejects.toMatchObject({
      code: 'ERR_OUTPUT_EXISTS',
      remedy: expect.stringContaining('--force'),
    });
    await expect(runTo(place(), 'a', 'one', { command: 'other' })).rejects.toThrow(
      /holds what `lethe try` wrote/,
    );
    expect(await runTo(place(), 'b', 'two', { force: true })).toBe('made');
    const path = kind === 'file' ? at('out') : at('out/model.bin');
    expect(readFileSync(path, 'utf8')).toBe('two');
    writeFileSync(path, 'edited');
    await expect(runTo(place(), 'b', 'two')).rejects.toThrow(/was changed after it was finished/);
    await rm(path);
    expect(await runTo(place(), 'b', 'two')).toBe('made');
  });

  test('of someone else is refused, unless it is empty or --force', async () => {
    const path = kind === 'file' ? at('out') : at('out/theirs');
    if (kind === 'directory') mkdirSync(at('out'));
    else writeFileSync(path, '');
    await (await claimOutput(place(), request))[Symbol.asyncDispose]();
    writeFileSync(path, 'theirs');
    await expect(claimOutput(place(), request)).rejects.toThrow(/has no record of|`lethe try` has no record/);
    expect(await runTo(place(), 'a', 'one', { force: true })).toBe('made');
  });

  test('of the other kind, or where none can be made, is told first', async () => {
    if (kind === 'file') mkdirSync(at('out'));
    else writeFileSync(at('out'), '');
    await expect(claimOutput(place(), { ...request, force: true })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(`Expected a ${kind} for --output but`),
    });
    writeFileSync(at('plain'), '');
    await expect(claimOutput({ ...place(), path: at('plain/out') }, request)).rejects.toThrow(
      /^Could not write .*plain\/out: a part of its path is not a directory\./,
    );
    await expect(claimOutput({ ...place(), path: '/proc/none/out' }, request)).rejects.toThrow(
      /^Could not write \/proc\/none\/out: /,
    );
  });
});

describe('a directory', () => {
  test('that a run had begun to fill is gone on with by that run alone', async () => {
    {
      await using claim = await claimOutput(directory(at('out')), request);
      await claim.begin('a');
      writeFileSync(at('out/config.json'), 'half');
    }
    await expect(runTo(directory(at('out')), 'b', 'x')).rejects.toMatchObject({ code: 'ERR_OUTPUT_EXISTS' });
    expect(await runTo(directory(at('out')), 'a', 'one')).toBe('made');
    expect(await runTo(directory(at('out')), 'a', 'one')).toBe('finished');
  });

  test('loses what the replaced run wrote, keeps what is not of it, and says so', async () => {
    await runTo(directory(at('out')), 'a', 'one');
    writeFileSync(at('out/notes.txt'), 'mine');
    await using claim = await claimOutput(directory(at('out')), { ...request, force: true });
    expect(await claim.isFinished('b')).toBe(false);
    await claim.begin('b');
    // Until the new run is done, the old one may yet be wanted: it may fail at its first step.
    expect(readFileSync(at('out/model.bin'), 'utf8')).toBe('one');
    writeFileSync(at('out/other.bin'), 'two');
    expect(await claim.finish(record('try', 'b'))).toEqual(['notes.txt']);
    const left = readdirSync(at('out')).filter((name) => !name.startsWith('.'));
    expect(left.sort()).toEqual(['notes.txt', 'other.bin', 'run.json']);
    const { results } = JSON.parse(readFileSync(at('out/run.json'), 'utf8')) as {
      results: { files: Record<string, string> };
    };
    expect(Object.keys(results.files)).toEqual(['other.bin']);
  });

  test('with a record that reaches out of it loses nothing there', async () => {
    writeFileSync(at('precious'), 'x');
    mkdirSync(at('out'));
    const files = { '../precious': 'digest', [at('precious')]: 'digest' };
    writeFileSync(
      at('out/run.json'),
      JSON.stringify({ ...record('try', 'a'), results: { runKey: 'a', files } }),
    );
    await using claim = await claimOutput(directory(at('out')), { ...request, force: true });
    await claim.begin('b');
    await claim.finish(record('try', 'b'));
    expect(readFileSync(at('precious'), 'utf8')).toBe('x');
  });
});

describe('a file', () => {
  test('behind a link is replaced there, and its record stands there', async () => {
    mkdirSync(at('real'));
    symlinkSync('real/out', at('link'));
    expect(await runTo(file(at('link')), 'a', 'one')).toBe('made');
    expect(readdirSync(at('real')).sort()).toEqual(['out', 'out.run.json']);
    expect(await runTo(file(at('real/out')), 'a', 'one')).toBe('finished');
  });

  test('and another one in its directory have records of their own', async () => {
    await runTo(file(at('a.jsonl')), 'a', 'one');
    await runTo(file(at('b.jsonl')), 'b', 'two');
    expect(await runTo(file(at('a.jsonl')), 'a', 'one')).toBe('finished');
    expect(await runTo(file(at('b.jsonl')), 'b', 'two')).toBe('finished');
  });

  test('that is a device is no one’s, and gets no neighbours', async () => {
    await using one = await claimOutput(file('/dev/null'), request);
    await using two = await claimOutput(file('/dev/null'), request);
    expect([one.isStream, two.isStream]).toEqual([true, true]);
    await one.finish(record('try', 'a'));
    expect(readdirSync('/dev').filter((name) => /null.+/.test(name))).toEqual([]);
    await expect(claimOutput(directory('/dev/null'), request)).rejects.toThrow(/Expected a directory/);
  });
});

describe('a process killed between the record and the rename of a file that takes the place of another', () => {
  /** A process of its own, which kills itself once the record is written. */
  function killed(path: string, key: string): void {
    const lib = fileURLToPath(new URL('../../../build-test/data/', import.meta.url));
    const script = `
      const { claimOutput } = await import('${lib}outputs/claim.js');
      const { createRunRecorder } = await import('${lib}outputs/run-recorder.js');
      const { writeFileAtomic } = await import('${lib}../files.js');
      const place = { option: '--output', path: '${path}', kind: 'file' };
      const claim = await claimOutput(place, { command: 'try', inputs: [], force: true });
      const record = createRunRecorder({ command: 'try', options: {} }).finish({ runKey: '${key}' });
      await writeFileAtomic('${path}', 'new', { beforeRename: async (part) => {
        await claim.finish(record, part);
        process.kill(process.pid, 'SIGKILL');
      } });`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(signal).toBe('SIGKILL');
  }

  test('the same run goes on without being asked', async () => {
    expect(await runTo(file(at('out')), 'a', 'old')).toBe('made');
    killed(at('out'), 'b');
    expect(readFileSync(at('out'), 'utf8')).toBe('old');
    expect(await runTo(file(at('out')), 'b', 'new')).toBe('made');
    expect(readFileSync(at('out'), 'utf8')).toBe('new');
    expect(await runTo(file(at('out')), 'b', 'new')).toBe('finished');
    expect(readdirSync(at('.')).filter((name) => /lethe-/.test(name))).toEqual([]);
  });

  test('but not over what was written there since, and no other run does', async () => {
    await runTo(file(at('out')), 'a', 'old');
    killed(at('out'), 'b');
    await expect(runTo(file(at('out')), 'c', 'other')).rejects.toThrow(/other options, inputs or versions/);
    writeFileSync(at('out'), 'precious');
    await expect(runTo(file(at('out')), 'b', 'new')).rejects.toThrow(/was changed after it was finished/);
    expect(readFileSync(at('out'), 'utf8')).toBe('precious');
  });
});
