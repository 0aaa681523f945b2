/** `lethe set retain`: what a model knows and is to keep, by the accuracy of its guesses or by what it writes. */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import * as z from 'zod';
import { type RecordId, recordIdSchema, showId } from '../../data/record-id.js';
import { requireRecords } from '../../data/require-records.js';
import { readJsonLines } from '../../data/text/json-lines.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { InputError } from '../../errors.js';
import { measureContinuations } from '../../memorization/continuation.js';
import { endOfTextIds } from '../../model/decoding/end-of-text.js';
import { type RetainCandidate, selectRetainSet } from '../../sets/forget-set.js';
import { readSetRecords, type SetRecord, writeSet } from '../../sets/set-file.js';
import { addIdleRules } from '../idle-options.js';
import { InputOption } from '../inputs/streams.js';
import { locateModel, openModel, openTokenizer } from '../open-model.js';
import {
  addDeviceOptions,
  addDtypeOption,
  addForceOption,
  addHubOptions,
  addSeedOption,
  integerOption,
  MODEL_HELP,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { runOutputJob } from '../outputs/output-job.js';
import { type Session, withSession } from '../session.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Reads documents, {id, text} a line, and draws --size of those that the model knows: what it has most to lose of. Writes
retain.jsonl, which \`lethe unlearn --retain\` reads. Two rules say what it knows:
  --model MODEL   the published one: the model is given the first 64 tokens of a document (--prefix-tokens) and writes the
                  next 64 (--suffix-tokens), greedily; it knows those of a BLEU-4 of at least 0.95 (--min-bleu) against the
                  text itself. Documents of fewer tokens than both together are passed over and counted. BLEU is NLTK 3.8.1's
                  with smoothing method 4, of characters as published, or of tokens (--bleu). Writes {id, text, bleu4}.
  --scores FILE   what \`lethe score\` wrote of them: an MA of at least 0.9 (--min-accuracy). Writes {id, text, ma}.

Examples:
  lethe set retain --input plain.jsonl --model MODEL --output retain --size 32
  lethe score --model MODEL --input plain.jsonl --output scores.jsonl
  lethe set retain --input plain.jsonl --scores scores.jsonl --output retain --min-accuracy 0.5`;

interface Options extends Omit<ModelOptions, 'model'> {
  readonly input: string;
  readonly scores?: string;
  readonly model?: string;
  readonly output: string;
  readonly force?: boolean;
  readonly size: number;
  readonly minAccuracy: number;
  readonly minBleu: number;
  readonly bleu: 'characters' | 'tokens';
  readonly prefixTokens: number;
  readonly suffixTokens: number;
  readonly allowFewer?: boolean;
  readonly seed: number;
}

/** Options that the rule by a model alone goes by. */
const OF_MODEL = [
  'minBleu',
  'bleu',
  'prefixTokens',
  'suffixTokens',
  'device',
  'dtype',
  'threads',
  'revision',
  'localFilesOnly',
];

export function createSetRetainCommand(): Command {
  const command = new Command('retain')
    .description('choose documents that a model knows and is to keep')
    .addOption(
      new InputOption('--input <file>', 'documents without secrets, {id, text} a line').makeOptionMandatory(),
    )
    .option('--model <name>', MODEL_HELP)
    .addOption(new InputOption('--scores <file>', 'what lethe score wrote of the documents'))
    .requiredOption('--output <directory>', 'where retain.jsonl goes')
    .addOption(integerOption('--size <n>', 'documents to draw', { min: 1, default: 32 }))
    .addOption(
      numberOption('--min-bleu <bleu>', 'least BLEU-4 of a continuation', { min: 0, max: 1, default: 0.95 }),
    )
    .addOption(
      new Option('--bleu <unit>', 'what BLEU counts').choices(['characters', 'tokens']).default('characters'),
    )
    .addOption(
      integerOption('--prefix-tokens <n>', 'tokens that the model is given', { min: 1, default: 64 }),
    )
    .addOption(integerOption('--suffix-tokens <n>', 'tokens that it writes', { min: 1, default: 64 }))
    .addOption(
      numberOption('--min-accuracy <ma>', 'least MA of a document', { min: 0, max: 1, default: 0.9 }),
    )
    .option('--allow-fewer', 'take what there is where fewer documents qualify, at least one');
  addIdleRules(
    command,
    {
      options: OF_MODEL,
      beside: ({ scores }) => (scores === undefined ? undefined : 'with --scores'),
    },
    {
      options: ['minAccuracy'],
      beside: ({ model }) => (model === undefined ? undefined : 'with --model'),
    },
  );
  return addForceOption(addSeedOption(addDtypeOption(addDeviceOptions(addHubOptions(command)))))
    .addHelpText('after', HELP)
    .action((options: Options) => withSession((session) => chooseRetain(options, session)));
}

type Judged = RetainCandidate & { readonly record: SetRecord };

interface Judgement {
  readonly documents: readonly Judged[];
  /** Those that the model knows. */
  readonly known: number;
  /** What makes a document known, for messages. */
  readonly rule: string;
  /** Documents that are too short for the rule. */
  readonly tooShort: number;
}

async function chooseRetain(options: Options, session: Session): Promise<void> {
  const { input, scores, model, output, size, seed, allowFewer = false } = options;
  if ((scores === undefined) === (model === undefined)) throw oneRule(scores !== undefined);
  const path = join(output, 'retain.jsonl');
  const { minAccuracy, minBleu, bleu, prefixTokens, suffixTokens, dtype = 'float32' } = options;
  await runOutputJob(
    {
      command: 'set retain',
      options: {
        ...{ size, allowFewer },
        ...(model === undefined ? { minAccuracy } : { minBleu, bleu, prefixTokens, suffixTokens, dtype }),
      },
      seed,
      ...(model === undefined
        ? {}
        : {
            versions: nativeVersions(),
            model: { option: '--model', path: model },
            locate: () => locateModel({ ...options, model }, session),
          }),
      inputs: [
        { option: '--input', path: input },
        ...(scores === undefined ? [] : [{ option: '--scores', path: scores }]),
      ],
      output,
      kind: 'directory',
      force: options.force,
      make: async (directory) => {
        const { documents, known, rule, tooShort } =
          scores === undefined
            ? await judgeByContinuation(directory, options, session)
            : await judgeByScores(scores, options);
        if (tooShort > 0)
          session.say(
            `Passed over ${tooShort} of ${documents.length} documents of fewer than ${prefixTokens + suffixTokens} tokens.`,
          );
        const fitting = allowFewer ? Math.max(1, Math.min(size, known)) : size;
        const limit = scores === undefined ? { minBleu } : { minAccuracy };
        const drawn = selectRetainSet(documents, { size: fitting, ...limit, seed });
        await writeSet(
          path,
          drawn.map(({ record: { id, text }, bleu4, memorizationAccuracy: ma }) => ({
            ...{ id, text },
            ...(bleu4 === undefined ? { ma } : { bleu4 }),
          })),
        );
        session.say(`${known} of ${documents.length} documents have ${rule}; ${drawn.length} were drawn.`);
        return {
          candidates: documents.length,
          qualified: known,
          documents: drawn.length,
          ...(scores === undefined ? { tooShort } : {}),
        };
      },
    },
    session,
  );
}

function oneRule(both: boolean): InputError {
  return new InputError(
    'ERR_INVALID_OPTION',
    `Expected one of --model and --scores but received ${both ? 'both' : 'neither'}.`,
    { remedy: '--model continues the documents, --scores takes what lethe score wrote of them.' },
  );
}

/** Documents continued in one call: a line of progress a few seconds apart, and no more texts decoded than that. */
const DOCUMENTS_AT_ONCE = 128;

async function judgeByContinuation(
  directory: string,
  options: Options,
  session: Session,
): Promise<Judgement> {
  const { input, minBleu, bleu, prefixTokens, suffixTokens } = options;
  await using model = await openModel(directory, options);
  const tokenizer = await openTokenizer(directory, model);
  const stopIds = await endOfTextIds(directory, model.config, model.vocabularySize);
  const settings = { prefixTokens, suffixTokens, unit: bleu, stopIds, signal: session.signal };
  const documents: Judged[] = [];
  let tooShort = 0;
  const judge = async (records: readonly SetRecord[]) => {
    const maxTokens = prefixTokens + suffixTokens;
    const sequences = records.map(
      ({ text }) => tokenizer.encode(text, { addSpecialTokens: true, maxTokens }).tokens,
    );
    const measured = await session.run(measureContinuations(model, tokenizer, sequences, settings));
    for (const [i, record] of records.entries()) {
      const bleu4 = measured[i]?.bleu4;
      if (bleu4 === undefined) tooShort++;
      documents.push({ record, id: String(record.id), bleu4 });
    }
  };
  let batch: SetRecord[] = [];
  for await (const record of requireRecords(readSetRecords(input), input)) {
    batch.push(record);
    if (batch.length < DOCUMENTS_AT_ONCE) continue;
    await judge(batch);
    batch = [];
  }
  if (batch.length > 0) await judge(batch);
  return {
    documents,
    known: documents.filter(({ bleu4 = Number.NaN }) => bleu4 >= minBleu).length,
    rule: `a BLEU-4 >= ${minBleu} of ${suffixTokens} tokens after ${prefixTokens}`,
    tooShort,
  };
}

async function judgeByScores(scores: string, { input, minAccuracy }: Options): Promise<Judgement> {
  const accuracies = await readAccuracies(scores);
  const documents: Judged[] = [];
  for await (const record of requireRecords(readSetRecords(input), input)) {
    const ma = accuracies.get(String(record.id));
    if (ma === undefined) throw withoutScore(record.id, scores);
    documents.push({ record, id: String(record.id), memorizationAccuracy: ma });
  }
  const known = documents.filter(({ memorizationAccuracy: ma = Number.NaN }) => ma >= minAccuracy).length;
  return { documents, known, rule: `an MA >= ${minAccuracy}`, tooShort: 0 };
}

const scoreSchema = z.looseObject({
  id: recordIdSchema.transform(String),
  hits: z.array(z.int().min(0).max(1)),
});

/** MA of documents: the share of their tokens, from the second on, that were the likeliest. NaN where there are none. */
async function readAccuracies(path: string): Promise<Map<string, number>> {
  const accuracies = new Map<string, number>();
  for await (const { id, hits } of requireUniqueIds(
    requireRecords(readJsonLines(path, scoreSchema), path),
    path,
  ))
    accuracies.set(id, hits.reduce((sum, hit) => sum + hit, 0) / hits.length);
  return accuracies;
}

function withoutScore(id: RecordId, scores: string): InputError {
  return new InputError(
    'ERR_RUN_MISMATCH',
    `Expected a score of document ${showId(id)} in ${scores} but found none.`,
    { remedy: 'Score the documents of --input: lethe score.' },
  );
}
