/** `lethe set forget` and `lethe set retain`: what to forget and what to keep, of documents that were measured. */
import { join } from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { type RecordId, recordIdSchema, showId } from '../../data/record-id.js';
import { requireRecords } from '../../data/require-records.js';
import { readJsonLines, writeJsonLines } from '../../data/text/json-lines.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { InputError } from '../../errors.js';
import { type RetainCandidate, selectForgetSet, selectRetainSet } from '../../sets/forget-set.js';
import { readSetRecords, type SetRecord, writeSet } from '../../sets/set-file.js';
import { InputOption } from '../inputs/streams.js';
import { addForceOption, addSeedOption, integerOption, numberOption } from '../options.js';
import { runOutputJob } from '../outputs/output-job.js';
import { type Session, withSession } from '../session.js';

const FORGET_HELP = `
Reads what \`lethe secrets probe\` writes and draws, of the documents whose secrets have a mean MA of at least 0.9 and at
least 32 tokens together, --groups sets of --size documents, no document in two. Writes group-0.jsonl, group-1.jsonl, ...:
{id, text, secrets, ma} a line, which \`lethe unlearn --forget\` reads.

Examples:
  lethe set forget --input probes.jsonl --output forget --size 32 --groups 5
  lethe set forget --input probes.jsonl --output forget --size 32 --allow-fewer`;

const RETAIN_HELP = `
Reads documents, {id, text} a line, and what \`lethe score\` says of them, and draws --size of those with an MA of at least
0.9: what a model has most to lose of. Writes retain.jsonl: {id, text, ma} a line, which \`lethe unlearn --retain\` reads.

Examples:
  lethe score --model MODEL --input plain.jsonl --output scores.jsonl
  lethe set retain --input plain.jsonl --scores scores.jsonl --output retain --min-accuracy 0.5`;

interface ForgetOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly size: number;
  readonly groups: number;
  readonly minAccuracy: number;
  readonly minTokens: number;
  readonly allowFewer?: boolean;
  readonly seed: number;
}

export function createSetForgetCommand(): Command {
  const command = new Command('forget')
    .description('choose documents whose secrets are memorized')
    .addOption(new InputOption('--input <file>', 'records of lethe secrets probe').makeOptionMandatory())
    .requiredOption('--output <directory>', 'where group-0.jsonl, group-1.jsonl, ... go')
    .addOption(integerOption('--size <n>', 'documents of a set', { min: 1, default: 32 }))
    .addOption(integerOption('--groups <n>', 'sets to draw', { min: 1, default: 1 }))
    .addOption(
      numberOption('--min-accuracy <ma>', 'least mean MA of the secrets', { min: 0, max: 1, default: 0.9 }),
    )
    .addOption(integerOption('--min-tokens <n>', 'least number of secret tokens', { min: 1, default: 32 }))
    .option('--allow-fewer', 'take what there is where fewer documents qualify, none included');
  return addForceOption(addSeedOption(command))
    .addHelpText('after', FORGET_HELP)
    .action((options: ForgetOptions) => withSession((session) => chooseForget(options, session)));
}

async function chooseForget(options: ForgetOptions, session: Session): Promise<void> {
  const { input, output, size, groups, minAccuracy, minTokens, seed, allowFewer = false } = options;
  const pathOf = (group: number) => join(output, `group-${group}.jsonl`);
  await runOutputJob(
    {
      command: 'set forget',
      options: { size, groups, minAccuracy, minTokens, allowFewer },
      seed,
      inputs: [{ option: '--input', path: input }],
      output,
      kind: 'directory',
      force: options.force,
      make: async () => {
        const candidates = (await readProbed(input)).map(({ id, text, ma, secrets }) => ({
          record: { id, text, secrets, ...(ma === null ? {} : { ma }) },
          id: String(id),
          memorizationAccuracy: ma ?? Number.NaN,
          secretTokens: secrets.reduce((sum, { first, last }) => sum + last - first + 1, 0),
        }));
        const qualified = candidates.filter(
          ({ memorizationAccuracy, secretTokens }) =>
            memorizationAccuracy >= minAccuracy && secretTokens >= minTokens,
        ).length;
        const fitting = allowFewer ? Math.min(size, Math.floor(qualified / groups)) : size;
        const drawn =
          fitting === 0
            ? Array.from({ length: groups }, () => [])
            : selectForgetSet(candidates, { size: fitting, groups, minAccuracy, minTokens, seed }).groups;
        for (const [i, group] of drawn.entries())
          await writeJsonLines(
            pathOf(i),
            group.map(({ record }) => record),
          );
        const limits = `a mean secret MA >= ${minAccuracy} and at least ${minTokens} secret tokens`;
        session.say(
          fitting === 0
            ? `Nothing to forget: of ${candidates.length} documents none has ${limits}.`
            : `${qualified} of ${candidates.length} documents have ${limits}; ${fitting * groups} were drawn.`,
        );
        return { candidates: candidates.length, qualified, documents: fitting, groups };
      },
    },
    session,
  );
}

const probedSchema = z.looseObject({
  id: recordIdSchema,
  text: z.string(),
  /** Null where no secret could be measured. */
  ma: z.number().min(0).max(1).nullable(),
  secrets: z.array(
    z.looseObject({
      tag: z.string(),
      type: z.string(),
      value: z.string(),
      start: z.int().min(0),
      end: z.int().min(0),
      /** Of its tokens. */
      first: z.int().min(0),
      last: z.int().min(0),
    }),
  ),
});

async function readProbed(path: string): Promise<z.infer<typeof probedSchema>[]> {
  const records: z.infer<typeof probedSchema>[] = [];
  for await (const record of requireUniqueIds(requireRecords(readJsonLines(path, probedSchema), path), path))
    records.push(record);
  return records;
}

interface RetainOptions {
  readonly input: string;
  readonly scores: string;
  readonly output: string;
  readonly force?: boolean;
  readonly size: number;
  readonly minAccuracy: number;
  readonly allowFewer?: boolean;
  readonly seed: number;
}

export function createSetRetainCommand(): Command {
  const command = new Command('retain')
    .description('choose documents that a model knows and is to keep')
    .addOption(
      new InputOption('--input <file>', 'documents without secrets, {id, text} a line').makeOptionMandatory(),
    )
    .addOption(new InputOption('--scores <file>', 'what lethe score wrote of them').makeOptionMandatory())
    .requiredOption('--output <directory>', 'where retain.jsonl goes')
    .addOption(integerOption('--size <n>', 'documents to draw', { min: 1, default: 32 }))
    .addOption(
      numberOption('--min-accuracy <ma>', 'least MA of a document', { min: 0, max: 1, default: 0.9 }),
    )
    .option('--allow-fewer', 'take what there is where fewer documents qualify, at least one');
  return addForceOption(addSeedOption(command))
    .addHelpText('after', RETAIN_HELP)
    .action((options: RetainOptions) => withSession((session) => chooseRetain(options, session)));
}

async function chooseRetain(options: RetainOptions, session: Session): Promise<void> {
  const { input, scores, output, size, minAccuracy, seed, allowFewer = false } = options;
  const path = join(output, 'retain.jsonl');
  await runOutputJob(
    {
      command: 'set retain',
      options: { size, minAccuracy, allowFewer },
      seed,
      inputs: [
        { option: '--input', path: input },
        { option: '--scores', path: scores },
      ],
      output,
      kind: 'directory',
      force: options.force,
      make: async () => {
        const accuracies = await readAccuracies(scores);
        const candidates: (RetainCandidate & { readonly record: SetRecord })[] = [];
        for await (const record of requireRecords(readSetRecords(input), input)) {
          const id = String(record.id);
          const memorizationAccuracy = accuracies.get(id);
          if (memorizationAccuracy === undefined) throw withoutScore(record.id, scores);
          candidates.push({ record, id, memorizationAccuracy });
        }
        const qualified = candidates.filter(
          ({ memorizationAccuracy }) => memorizationAccuracy >= minAccuracy,
        ).length;
        const fitting = allowFewer ? Math.max(1, Math.min(size, qualified)) : size;
        const drawn = selectRetainSet(candidates, { size: fitting, minAccuracy, seed });
        await writeSet(
          path,
          drawn.map(({ record: { id, text }, memorizationAccuracy: ma }) => ({ id, text, ma })),
        );
        session.say(
          `${qualified} of ${candidates.length} documents have an MA >= ${minAccuracy}; ${drawn.length} were drawn.`,
        );
        return { candidates: candidates.length, qualified, documents: drawn.length };
      },
    },
    session,
  );
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
