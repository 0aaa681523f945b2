import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReport } from '../../lib/report/read.js';
import { sampleReport } from './sample.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-report-'));
  await writeFile(join(directory, 'report.json'), JSON.stringify(sampleReport()));
  await writeFile(join(directory, 'cut.json'), '{"version": 1,');
  await writeFile(join(directory, 'other.json'), '{"version": 1}');
  await writeFile(join(directory, 'other.jsonl'), '{"id": 1}');
  await mkdir(join(directory, 'empty'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('readReport', () => {
  it('reads a file, and a directory that holds one', async () => {
    const file = join(directory, 'report.json');
    const expected = { file, input: JSON.parse(JSON.stringify(sampleReport())) };
    expect(await readReport(file)).toEqual(expected);
    expect(await readReport(directory)).toEqual(expected);
  });

  it.each([
    ['other.jsonl', 'ERR_FILE_FORMAT', /Expected results to report on in .*other.jsonl but found none/],
    ['empty', 'ERR_FILE_FORMAT', /Expected results to report on in .*empty but found none/],
    ['missing.json', 'ERR_FILE_NOT_FOUND', /Could not read .*missing.json: it does not exist/],
    ['cut.json', 'ERR_FILE_FORMAT', /Expected JSON in .*cut.json but/],
    ['other.json', 'ERR_INVALID_OPTION', /for run in .*other.json but received undefined/],
  ])('says in one sentence what is wrong with %s', async (name, code, message) => {
    await expect(readReport(join(directory, name))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
