import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAnalyzeCommand } from '../../../lib/cli/commands/analyze.js';
import { readRunManifest } from '../../../lib/data/outputs/run-manifest.js';
import { readAnalysis } from '../../../lib/memorization/analysis/summary.js';

const FIXTURE = new URL('../../fixtures/memorization/analysis/', import.meta.url).pathname;
const TOKENIZER = new URL('../../../assets/tokenizer', import.meta.url).pathname;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lethe-analyze-'));
});

afterAll(() => rm(root, { recursive: true }));

/** As the program runs it: errors are thrown. */
function analyze(...args: string[]): Promise<unknown> {
  const command = createAnalyzeCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const inputs = ['--outputs', join(FIXTURE, 'all_0-23'), '--map', join(FIXTURE, 'map_0-23.json')];
  return command.parseAsync([join(FIXTURE, 'logs/1.log'), ...inputs, '--output', root, ...args], {
    from: 'user',
  });
}

describe('lethe analyze', () => {
  test('writes the tables, the figures and the run', async () => {
    await analyze('--tokenizer', TOKENIZER, '--min-tokens', '90', '--shards', join(FIXTURE, 'corpus'));
    const analysis = await readAnalysis(root);
    expect(analysis).toMatchObject({ name: 'analysis', counting: 'distinct' });
    const { command, inputs, results } = await readRunManifest(root);
    expect(command).toBe('analyze');
    expect(inputs).toHaveLength(3);
    const rows = async (name: string) =>
      (await readFile(join(root, name), 'utf8')).match(/^\d+,[0-9a-f]{32},/gm)!.length;
    expect(await rows('analysis_all_memorization.csv')).toBe(analysis.fingerprints);
    expect(await rows('analysis_filtered_memorization.csv')).toBe(results.filtered);
    expect(results.filtered).toBeGreaterThan(0);
    expect(results.filtered).toBeLessThan(analysis.fingerprints);
  });

  test.each([
    [['--counting', 'twice'], /argument 'twice' is invalid/],
    [['--min-tokens', 'few'], /integer >= 0 for --min-tokens but received "few"/],
    [['--name', 'a/b'], /a name without \/ or \\ for name/],
    [['--tokenizer', '/nowhere'], /nowhere.*does not exist/],
    [['--shards', '/nowhere'], /nowhere\/1: it does not exist/],
  ])('refuses %j', async (args, message) => {
    await expect(analyze(...args, '--force')).rejects.toThrow(message);
  });
});
