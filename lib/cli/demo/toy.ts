/** The demo's toy: a corpus with made-up secrets planted in it, and a small model that has memorized it. */
import { join } from 'node:path';
import { writeJsonLines } from '../../data/text/json-lines.js';
import { writeFileAtomic } from '../../files.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { Dispatch } from '../dispatch.js';
import { SHIPPED_TOKENIZER } from '../shipped-tokenizer.js';
import { readSourceFiles } from './choose-files.js';
import { type Corpus, makeCorpus } from './corpus.js';
import type { DemoSettings } from './settings.js';

/** Files of the toy, relative to the demo's directory. */
export const TOY = {
  training: 'toy/training.jsonl',
  unseen: 'toy/unseen.jsonl',
  planted: 'toy/planted.jsonl',
  config: 'toy/config.json',
  model: 'model',
} as const;

export interface ToyOptions {
  readonly directory: string;
  readonly settings: DemoSettings;
  readonly seed: number;
  /** Options of `lethe train` that say where the model runs. */
  readonly placement: readonly string[];
}

/** Makes the toy, or what an earlier run has left to do of it, and returns the exit code of its training. */
export async function makeToy(
  { directory, settings, seed, placement }: ToyOptions,
  dispatch: Dispatch,
): Promise<number> {
  const at = (path: string) => join(directory, path);
  const tokenizer = await Tokenizer.load(SHIPPED_TOKENIZER);
  const corpus = makeCorpus(await readSourceFiles(), tokenizer, settings, seed);
  await writeJsonLines(at(TOY.training), copiesOf(corpus));
  await writeJsonLines(
    at(TOY.unseen),
    corpus.unseen.map(({ id, text, licence }) => ({ id, text, licence })),
  );
  await writeJsonLines(at(TOY.planted), corpus.planted);
  await writeFileAtomic(at(TOY.config), `${JSON.stringify(settings.model)}\n`);
  const { epochs, batchSize, learningRate, warmupSteps } = settings.training;
  return dispatch([
    ...['train', '--config', at(TOY.config), '--input', at(TOY.training), '--output', at(TOY.model)],
    ...['--epochs', `${epochs}`, '--batch-size', `${batchSize}`, '--learning-rate', `${learningRate}`],
    ...['--warmup-steps', `${warmupSteps}`, '--seed', `${seed}`, ...placement],
  ]);
}

/** The corpus as the model sees it: copies of a file are `<id>#<copy>`. */
function* copiesOf({ trained }: Corpus): Generator<object, void> {
  for (const { id, text, licence, copies } of trained)
    for (let copy = 1; copy <= copies; copy++) yield { id: copy === 1 ? id : `${id}#${copy}`, text, licence };
}
