/** The example as a user runs it: the package by its name, a model directory and a corpus of their own. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSourceFiles } from '../../lib/cli/demo/choose-files.js';
import { makeCorpus } from '../../lib/cli/demo/corpus.js';
import { DEMO } from '../../lib/cli/demo/settings.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import { train } from '../../lib/training/train.js';
import { ROOT, workspace, writeLines } from '../cli/run-cli.js';

const EXAMPLE = join(ROOT, 'examples/audit-and-erase.ts');

/** A model that has memorized six files, three of them with secrets. */
async function writeModelAndCorpus(at: (name: string) => string): Promise<void> {
  const tokenizer = await Tokenizer.load(join(ROOT, 'assets/tokenizer'));
  const corpus = makeCorpus(
    await readSourceFiles(),
    tokenizer,
    {
      ...DEMO,
      corpus: { ...DEMO.corpus, codeTokens: 60, trained: 6, unseen: 4 },
      secrets: { documents: 3, perDocument: 2, copies: 1 },
    },
    1,
  );
  await writeLines(at('corpus.jsonl'), corpus.trained);
  await writeLines(at('unseen.jsonl'), corpus.unseen);
  await using model = await Model.create(
    {
      model_type: 'gpt2',
      vocab_size: tokenizer.vocabularySize,
      n_layer: 2,
      n_head: 4,
      n_embd: 96,
      n_positions: 256,
    },
    { seed: 1 },
  );
  const sequences = corpus.trained.map(
    ({ text }) => tokenizer.encode(text, { addSpecialTokens: true }).tokens,
  );
  // What a text begins with cannot be known beforehand: that alone is a loss of some ln(6) / 60.
  const options = { epochs: 300, batchSize: 6, learningRate: 3e-3, stopWhen: { loss: 0.05 } };
  const { stopReason } = await drain(train(model, sequences, options));
  expect(stopReason).toBe('loss');
  await model.save(at('model'), { tokenizer });
}

test('audits a model and makes it forget, in at most 40 lines', async () => {
  expect(readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  await using space = await workspace();
  await writeModelAndCorpus(space.at);
  const paths = ['model', 'corpus.jsonl', 'unseen.jsonl', 'out'].map(space.at);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', EXAMPLE, ...paths, '2', '1e-3'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const found = JSON.parse(stdout) as Record<
    'before' | 'after' | 'thresholds',
    { memorizationAccuracy: number }
  >;
  expect(found.before.memorizationAccuracy).toBeGreaterThanOrEqual(0.9);
  expect(found.after.memorizationAccuracy).toBeLessThan(found.before.memorizationAccuracy);
  await access(space.at('out/unlearned/model.safetensors'));
  await access(space.at('out/unlearned/tokenizer.json'));
}, 240_000);
