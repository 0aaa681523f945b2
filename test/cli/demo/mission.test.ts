/** The whole demo in seconds: fewer files, a smaller model. What it finds is not asserted, but how it all fits is. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoOptions, type DemoResult, runDemo } from '../../../lib/cli/demo/mission.js';
import { DEMO, type DemoSettings } from '../../../lib/cli/demo/settings.js';
import { formatSummary } from '../../../lib/cli/demo/summary.js';
import { readRunManifest } from '../../../lib/data/run-manifest.js';
import { AbortedError } from '../../../lib/errors.js';
import { Model } from '../../../lib/model/model.js';
import { parseReportInput } from '../../../lib/report/input-schema.js';
import { workspace } from '../run-cli.js';

/** Enough to memorize four files. */
const SETTINGS: DemoSettings = {
  ...DEMO,
  corpus: { ...DEMO.corpus, codeTokens: 60, trained: 6, unseen: 4 },
  secrets: { documents: 3, perDocument: 2, copies: 4 },
  model: { n_layer: 2, n_head: 4, n_embd: 96, n_positions: 256 },
  training: { ...DEMO.training, epochs: 60, batchSize: 5, learningRate: 3e-3 },
  sampling: { ...DEMO.sampling, count: 8, maxTokens: 48 },
  clones: { threshold: 4 },
  probe: { ...DEMO.probe, prefixTokens: 192 },
  thresholds: { tokens: 40 },
  sets: { forget: 2, retain: 3, retainMinAccuracy: 0.5 },
  unlearning: { ...DEMO.unlearning, learningRate: 1e-3, maxEpochs: 12 },
};

let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
});

afterAll(() => space[Symbol.asyncDispose]());

async function run(
  directory: string,
  options: Partial<DemoOptions> = {},
  onEvent?: (event: { readonly type: string }) => void,
): Promise<{ result: DemoResult; ran: string[]; reused: string[] }> {
  const [ran, reused]: [string[], string[]] = [[], []];
  const events = runDemo({ directory, seed: 1, settings: SETTINGS, ...options });
  for (;;) {
    const next = await events.next();
    if (next.done) return { result: next.value, ran, reused };
    const event = next.value as { type: string; name?: string; reused?: boolean };
    if (event.type === 'stage') (event.reused ? reused : ran).push(event.name!);
    onEvent?.(event);
  }
}

test('a run, stopped in training and gone on with, finds, erases and reports', async () => {
  const directory = space.at('stopped');
  const stop = new AbortController();
  let steps = 0;
  const stopped = run(directory, { signal: stop.signal }, (event) => {
    if (event.type === 'step' && ++steps === 20) stop.abort();
  });
  await expect(stopped).rejects.toBeInstanceOf(AbortedError);

  const resumed = await run(directory);
  expect(resumed.reused).toEqual(['collect code, plant secrets']);
  expect(resumed.ran[0]).toBe('train');
  const whole = await run(space.at('whole'));
  const { directory: _, report: __, ...figures } = resumed.result;
  expect(whole.result).toMatchObject(figures);

  const again = await run(directory);
  expect(again.ran).toEqual([]);
  expect(again.result).toEqual(resumed.result);

  const { secrets, secretsMemorizationAccuracy: accuracy } = resumed.result;
  expect(secrets).toMatchObject({ planted: 6, plantedFound: 6 });
  expect(accuracy.before).toBeGreaterThanOrEqual(0.9);
  expect(accuracy.after).toBeLessThan(accuracy.before!);

  const input = parseReportInput(JSON.parse(await readFile(space.at('stopped/report.json'), 'utf8')));
  expect(input.secrets!.filter(({ forget }) => forget)).toHaveLength(4);
  expect(input.summary.retained!.documents).toBe(3);
  for (const { text, sources } of input.clones!.blocks) {
    const source = input.clones!.documents!.find(({ id }) => id === sources[0]!.document)!;
    const lines = source.text.split('\n').slice(sources[0]!.startLine - 1, sources[0]!.endLine);
    // Equal as clone detection has it: case and most punctuation do not count.
    const words = (code: string) => code.toLowerCase().match(/[a-z0-9]+/g);
    expect(words(lines.join('\n'))).toEqual(words(text));
  }
  expect(await readFile(space.at('stopped/report.html'), 'utf8')).toContain('</html>');

  const manifest = await readRunManifest(directory);
  expect(manifest.steps.map(({ name }) => name)).toEqual([...resumed.reused, ...resumed.ran]);
  await using unlearned = await Model.load(space.at('stopped/unlearned'));
  expect(unlearned.vocabularySize).toBe(4096);

  const table = formatSummary(resumed.result, resumed.result.thresholds);
  expect(table.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
    '',
    "secrets' MA",
    "secrets' EL_10",
    'memorized blocks found',
    'loss on retained code',
    'loss on unseen code',
    'The scanner found 6 of 6 planted secrets, and 0 other values that look like secrets.',
  ]);
}, 240_000);
