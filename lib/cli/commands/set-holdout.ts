/** `lethe set holdout`: documents that are kept from training, and the rest. */
import { join } from 'node:path';
import { Command } from 'commander';
import { counted } from '../../counted.js';
import { requireRecords } from '../../data/require-records.js';
import { splitHoldout } from '../../sets/holdout.js';
import { readSetRecords, type SetRecord, writeSet } from '../../sets/set-file.js';
import { InputOption } from '../inputs/streams.js';
import { addForceOption, addSeedOption, integerOption, similarityOption } from '../options.js';
import { runOutputJob } from '../outputs/output-job.js';
import { type Session, withSession } from '../session.js';

const HELP = `
Draws --size documents of {id, text} a line and writes holdout.jsonl with them and rest.jsonl with the others, both in the
order of the input. Near-duplicates (see \`lethe set check\`) and copies of them go to the same side, so that nothing held
out is known from the rest; nothing near a document of --without is held out.

Examples:
  lethe set holdout --input documents.jsonl --output split --size 100
  lethe set holdout --input unseen.jsonl --output split --size 100 --without forget/group-0.jsonl retain/retain.jsonl`;

interface Options {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly size: number;
  readonly similarity: number;
  readonly without: readonly string[];
  readonly seed: number;
}

export function createSetHoldoutCommand(): Command {
  const command = new Command('holdout')
    .description('split documents into those held out and the rest')
    .addOption(new InputOption('--input <file>', 'documents, {id, text} a line').makeOptionMandatory())
    .requiredOption('--output <directory>', 'where holdout.jsonl and rest.jsonl go')
    .addOption(integerOption('--size <n>', 'documents to hold out', { min: 1, default: 100 }))
    .addOption(similarityOption())
    .option('--without <files...>', 'sets that nothing held out may be near to', []);
  return addForceOption(addSeedOption(command))
    .addHelpText('after', HELP)
    .action((options: Options) => withSession((session) => holdOut(options, session)));
}

async function holdOut(options: Options, session: Session): Promise<void> {
  const { input, output, size, similarity, without, seed } = options;
  await runOutputJob(
    {
      command: 'set holdout',
      options: { size, similarity, without: without.length },
      seed,
      inputs: [{ option: '--input', path: input }, ...without.map((path) => ({ option: '--without', path }))],
      output,
      kind: 'directory',
      force: options.force,
      make: async () => {
        const documents: SetRecord[] = [];
        for await (const record of requireRecords(readSetRecords(input), input)) documents.push(record);
        const apartFrom: string[] = [];
        for (const path of without) for await (const { text } of readSetRecords(path)) apartFrom.push(text);
        const { train, holdout } = splitHoldout(documents, { count: size, similarity, apartFrom, seed });
        await writeSet(join(output, 'holdout.jsonl'), holdout);
        await writeSet(join(output, 'rest.jsonl'), train);
        const fewer =
          holdout.length < size ? ` (${size} were asked for; no more fit beside their copies)` : '';
        session.say(`Held out ${counted(holdout.length, 'document')}${fewer} of ${documents.length}.`);
        return { documents: documents.length, holdout: holdout.length, rest: train.length };
      },
    },
    session,
  );
}
