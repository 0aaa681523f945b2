/** `train`, `model info` and `unlearn`, one after another through files, as a user runs them. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readSourceFiles } from '../../lib/cli/demo/choose-files.js';
import { makeCorpus } from '../../lib/cli/demo/corpus.js';
import { DEMO } from '../../lib/cli/demo/settings.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { maskTokens } from '../../lib/secrets/token-mask.js';
import { lethe, parseLines, workspace, writeLines } from './run-cli.js';

/** What a run says, without the lines of progress that a slow machine makes it print. */
const said = ({ stderr }: { stderr: string }) => stderr.replace(/^.* \d+% {2}.*\n/gm, '');
const firstLines = (result: { stderr: string }, count: number) => said(result).split('\n').slice(0, count);

test('a model that was trained on secrets forgets them', async () => {
  await using space = await workspace();
  const { at } = space;
  const settings = {
    ...DEMO,
    corpus: { ...DEMO.corpus, codeTokens: 60, trained: 6, unseen: 4 },
    secrets: { documents: 3, perDocument: 2, copies: 1 },
  };
  const tokenizer = await Tokenizer.load('assets/tokenizer');
  const corpus = makeCorpus(await readSourceFiles(), tokenizer, settings, 1);
  const planted = new Map(corpus.planted.map(({ id, secrets }) => [id, secrets]));
  // As the model saw them in training, from the beginning-of-text token on: it is too small to know them otherwise.
  const records = corpus.trained.map((document) => {
    const encoding = tokenizer.encode(document.text, { addSpecialTokens: true });
    const { mask } = maskTokens(encoding, planted.get(document.id) ?? []);
    return { id: document.id, tokens: [...encoding.tokens], mask: [...mask] };
  });
  await writeLines(at('corpus.jsonl'), corpus.trained);
  await writeLines(
    at('forget.jsonl'),
    records.filter(({ id }) => planted.has(id)),
  );
  await writeLines(
    at('retain.jsonl'),
    records.filter(({ id }) => !planted.has(id)),
  );
  await writeLines(at('unseen.jsonl'), corpus.unseen);
  await writeFile(
    at('config.json'),
    JSON.stringify({ model_type: 'gpt2', n_layer: 2, n_head: 4, n_embd: 96, n_positions: 256 }),
  );

  const train = [
    'train',
    '--config',
    at('config.json'),
    '--input',
    at('corpus.jsonl'),
    '--output',
    at('model'),
  ];
  const settingsOfTraining = ['--epochs', '150', '--batch-size', '6', '--learning-rate', '3e-3'];
  const trained = await lethe([...train, ...settingsOfTraining]);
  expect(said(trained)).toMatch(/^Trained 150 steps on 6 documents: loss /);
  expect(trained.stdout).toBe('');
  const again = await lethe([...train, ...settingsOfTraining]);
  expect(said(again)).toContain('holds this very run, finished.');
  expect(firstLines(again, 1)).toEqual(firstLines(trained, 1));

  const info = await lethe(['model', 'info', at('model'), '--json']);
  expect(JSON.parse(info.stdout)).toMatchObject({
    family: 'gpt2',
    layers: 2,
    contextLength: 256,
    vocabularySize: 4096,
    tokenizer: { tokens: 4096 },
  });

  const unlearn = [
    ...['unlearn', '--model', at('model'), '--forget', at('forget.jsonl'), '--retain', at('retain.jsonl')],
    ...['--unseen', at('unseen.jsonl'), '--reduction', 'mean', '--alpha', '10'],
  ];
  const enough = [...unlearn, '--output', at('out'), '--learning-rate', '1e-3'];
  const unlearned = await lethe(enough);
  expect(said(unlearned)).toMatch(/^Forgotten after \d+ epochs: MA .*\nMA \S+ -> .*\nLoss of the retained/);
  expect(unlearned.code).toBe(0);
  const history = parseLines(await readFile(at('out/history.jsonl'), 'utf8'));
  const manifest = JSON.parse(await readFile(at('out/run.json'), 'utf8')) as {
    inputs: unknown[];
    results: Record<string, { memorizationAccuracy: number }>;
  };
  expect(manifest.inputs).toHaveLength(3);
  const { before, best, thresholds } = manifest.results;
  expect(manifest.results).toMatchObject({ verdict: 'forgotten', reason: 'below-thresholds' });
  expect(history[0]).toEqual({ ...before, steps: [] });
  expect(before!.memorizationAccuracy).toBeGreaterThanOrEqual(0.9);
  expect(best!.memorizationAccuracy).toBeLessThan(thresholds!.memorizationAccuracy);
  const repeated = await lethe(enough);
  expect(repeated.stderr).toContain('holds this very run, finished.');
  expect(firstLines(repeated, 3)).toEqual(firstLines(unlearned, 3));
  expect(repeated.code).toBe(0);

  const timid = [...unlearn, '--output', at('same'), '--learning-rate', '1e-9', '--max-epochs', '2'];
  const missed = await lethe(timid);
  expect(said(missed)).toMatch(
    /^Not forgotten: MA hardly changed in 2 epochs\. Raise --learning-rate \(now 1e-9\), say tenfold\. Kept epoch [12]\.\nMA /,
  );
  expect(missed.code).toBe(3);
  expect(JSON.parse(await readFile(at('same/run.json'), 'utf8')).results).toMatchObject({
    verdict: 'not forgotten',
    reason: 'unchanged',
  });
  expect(parseLines(await readFile(at('same/history.jsonl'), 'utf8'))).toHaveLength(3);
  const missedAgain = await lethe(timid);
  expect(missedAgain.code).toBe(3);
  expect(firstLines(missedAgain, 3)).toEqual(firstLines(missed, 3));

  const score = (model: string) =>
    lethe(['measure', '--model', at(model), '--input', at('forget.jsonl'), '--el', '10']);
  const ma = ({ stdout }: { stdout: string }) =>
    parseLines(stdout).reduce((sum, { ma }) => sum + (ma as number), 0);
  expect(ma(await score('out'))).toBeLessThan(ma(await score('model')));
}, 480_000);
