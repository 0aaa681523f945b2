import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReportCommand } from '../../../lib/cli/commands/report.js';
import { redactReport } from '../../../lib/report/mask.js';
import { readMemorization } from '../../../lib/report/memorization/read.js';
import { renderMemorization } from '../../../lib/report/memorization/render.js';
import { renderReport } from '../../../lib/report/render.js';
import { writeGeneratedAnalysis } from '../../report/memorization/generated.js';
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

  it('writes the page of an analysis beside it', async () => {
    const analysis = join(directory, 'analysis');
    await writeGeneratedAnalysis(analysis, { blocks: 20, outputs: 10, seed: 1 });
    const expected = renderMemorization(await readMemorization(analysis));
    await run(analysis);
    expect(await readFile(join(analysis, 'report.html'), 'utf8')).toBe(expected);
    const output = join(directory, 'page.html');
    await run(join(analysis, 'analysis.json'), '--output', output);
    expect(await readFile(output, 'utf8')).toBe(expected);
  });

  it('shows values only where it is asked to', async () => {
    const analysis = join(directory, 'analysis');
    await writeGeneratedAnalysis(analysis, { blocks: 20, outputs: 10, seed: 1 });
    const output = join(directory, 'page.html');
    await run(directory, '--show-values', '--output', output);
    expect(await readFile(output, 'utf8')).toBe(renderReport(sampleReport(), { secrets: 'shown' }));
    await run(analysis, '--show-values', '--output', output, '--force');
    expect(await readFile(output, 'utf8')).toBe(
      renderMemorization(await readMemorization(analysis), { secrets: 'shown' }),
    );
  });

  it('asks which, where a run and an analysis lie together', async () => {
    await writeGeneratedAnalysis(directory, { blocks: 20, outputs: 10, seed: 1 });
    await expect(run(directory)).rejects.toThrow(/holds both report.json and analysis.json/);
  });

  it('says what it could not read', async () => {
    await expect(run(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });
});
