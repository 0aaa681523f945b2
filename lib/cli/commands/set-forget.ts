/** `lethe set forget`: what to forget, of documents whose secrets were probed. */
import { join } from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { recordIdSchema } from '../../data/record-id.js';
import { requireRecords } from '../../data/require-records.js';
import { readJsonLines, writeJsonLines } from '../../data/text/json-lines.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { selectForgetSet } from '../../sets/forget-set.js';
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
