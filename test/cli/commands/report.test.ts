import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReportCommand } from '../../../lib/cli/commands/report.js';
import { redactReport } from '../../../lib/report/mask.js';
import { renderReport } from '../../../lib/report/render.js';
import { sampleReport } from '../../report/sample.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-report-'));
  await writeFile(join(directory, 'report.json'), JSON.stringify(sampleReport()));
});
afterEach(() => rm(directory, { recursive: true }));

const run = (...argv: string[]) => createReportCommand().parseAsync(argv, { from: 'user' });

describe('lethe report', () => {
  it('writes the page beside the data of the run', async () => {
    await run(directory);
    expect(await readFile(join(directory, 'report.html'), 'utf8')).toBe(renderReport(sampleReport()));
  });

  it('writes it elsewhere, without the secrets', async () => {
    const output = join(directory, 'mail', 'page.html');
    await run(join(directory, 'report.json'), '--redact', '--output', output);
    expect(await readFile(output, 'utf8')).toBe(renderReport(redactReport(sampleReport())));
  });

  it('says what it could not read', async () => {
    await expect(run(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });
});
