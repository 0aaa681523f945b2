import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readUnlearningReport } from '../../lib/report/from-unlearning.js';
import { renderReport } from '../../lib/report/render.js';
import { judge } from '../../lib/report/verdict.js';
import { parseMarkup, textOf } from './markup.js';

const EPOCHS = [
  { epoch: 0, memorizationAccuracy: 0.9, extractionLikelihood: null, steps: [] },
  {
    epoch: 1,
    memorizationAccuracy: 0.3,
    extractionLikelihood: 0.01,
    steps: [
      { on: 'forget', loss: -0.5, gradNorm: 1, terms: [] },
      { on: 'retain', loss: 0.1, gradNorm: 1, terms: [] },
    ],
  },
];
const objective = (tokens: string) => ({
  name: 'SSGA',
  forget: [{ loss: 'nll', tokens, weight: -1 }],
  retain: [],
  schedule: 'alternate',
});
const manifest = (tokens: string, stopReason: string) => ({
  version: 1,
  command: 'unlearn',
  options: { objective: objective(tokens), learningRate: 1e-4, thresholds: null },
  versions: { lethe: '0' },
  model: { path: 'small', digest: 'a'.repeat(64) },
  inputs: [{ path: 'forget.jsonl', digest: 'b'.repeat(64) }],
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:01:00Z',
  steps: [{ name: 'unlearn', seconds: 60 }],
  peakMemoryBytes: 1e9,
  results: {
    weights: 'c'.repeat(64),
    thresholds: { memorizationAccuracy: 0.4, extractionLikelihood: { 10: 0.05 } },
    forget: { documents: 2, secrets: 3 },
    retain: { documents: 0 },
    stopReason,
    bestEpoch: 1,
  },
});
const CONFIG = { model_type: 'gpt2', vocab_size: 8, n_positions: 16, n_embd: 4, n_layer: 1, n_head: 1 };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-unlearned-'));
  await writeFile(join(directory, 'config.json'), JSON.stringify(CONFIG));
  await writeFile(
    join(directory, 'history.jsonl'),
    EPOCHS.map((epoch) => `${JSON.stringify(epoch)}\n`).join(''),
  );
});
afterAll(() => rm(directory, { recursive: true }));

const read = async (tokens: string, stopReason = 'forgotten') => {
  await writeFile(join(directory, 'run.json'), JSON.stringify(manifest(tokens, stopReason)));
  return readUnlearningReport(directory);
};

describe('readUnlearningReport', () => {
  it('has the course, the means and the thresholds of the run', async () => {
    const input = await read('secret');
    expect(input.summary.secrets).toEqual({
      count: 3,
      memorizationAccuracy: { before: 0.9, after: 0.3 },
      extractionLikelihood: { 10: { before: null, after: 0.01 } },
    });
    expect(input.unlearning).toMatchObject({ method: 'SSGA', forgetDocuments: 2, stop: { epoch: 1 } });
    expect(input.unlearning!.course[1]).toMatchObject({ forgetLoss: -0.5, retainLoss: 0.1 });
    expect(input.model).toMatchObject({ name: 'small', architecture: 'gpt2', digestAfter: 'c'.repeat(64) });
    // Of single secrets the run says nothing.
    expect(judge(input)).toMatchObject({
      state: 'partly',
      headline: 'On average the secrets are below the forgetting threshold.',
    });
  });

  it('speaks of documents where whole ones were to be forgotten', async () => {
    const input = await read('all', 'epochs');
    expect(input.summary.secrets).toBeUndefined();
    const text = textOf(parseMarkup(renderReport(input)));
    expect(text).toContain('On average the documents are below the forgetting threshold.');
    expect(text).toContain('All epochs had passed.');
    expect(text).toContain('memorization accuracy: the share of tokens');
    expect(text).not.toMatch(/undefined|NaN|seed/);
  });

  it('refuses the run record of another command', async () => {
    await writeFile(join(directory, 'run.json'), JSON.stringify({ ...manifest('all', ''), options: {} }));
    await expect(readUnlearningReport(directory)).rejects.toThrow(
      /^Expected an object for options\.objective in /,
    );
  });
});
