/** `lethe set check`: proves that the sets of an unlearning share no document, be it nearly, or says which they share. */
import { Command } from 'commander';
import { counted } from '../../counted.js';
import { InputError } from '../../errors.js';
import { type CheckedDocument, Collisions } from '../../sets/collisions.js';
import { EXIT_CODES, type ExitCode, withExitCode } from '../exit-code.js';
import { similarityOption } from '../options.js';
import { print } from '../print.js';
import { readRecords } from '../records/records.js';
import { type Session, withSession } from '../session.js';

const SETS = ['forget', 'retain', 'holdout', 'unseen'] as const;

const HELP = `
Each set is one or more files of {id, text} or {id, tokens} a line, as the other commands write them; two sets at least.
Documents of two sets collide if their texts are equal, if they are nearly so (of their runs of five tokens, words and
punctuation, at least --similarity are shared: Jaccard, found by MinHash and then computed exactly), or if they have the
same id. Copies within one set are none. Each collision is a line on stdout,
{sets: [a, b], documents: [{file, place, id}, ...], same: text | near | id, similarity}, and no text; place is the
document's number in its file. Exit code 0 if there is none, 3 if there is.

Examples:
  lethe set check --forget forget/group-*.jsonl --retain retain/retain.jsonl --unseen unseen.jsonl
  lethe set check --forget forget.jsonl --holdout holdout/holdout.jsonl --similarity 0.5 > collisions.jsonl`;

interface Options extends Partial<Record<(typeof SETS)[number], readonly string[]>> {
  readonly similarity: number;
}

export function createSetCheckCommand(): Command {
  const command = new Command('check').description(
    'prove that sets share no document, near-duplicates included',
  );
  for (const set of SETS) command.option(`--${set} <files...>`, `documents of the ${set} set`);
  return command
    .addOption(similarityOption())
    .addHelpText('after', HELP)
    .action(withExitCode((options: Options) => withSession((session) => checkSets(options, session))));
}

interface Placed extends CheckedDocument {
  readonly file: string;
  /** From 1. */
  readonly place: number;
}

async function checkSets(options: Options, session: Session): Promise<ExitCode> {
  const { similarity } = options;
  const given = SETS.filter((set) => options[set] !== undefined);
  if (given.length < 2)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected two sets at least, of --forget, --retain, --holdout and --unseen, but received ${given.length}.`,
    );
  const collisions = new Collisions<Placed>({ similarity });
  const sizes = new Map<string, number>();
  let found = 0;
  for (const set of given)
    for (const file of options[set]!) {
      let place = 0;
      for await (const { id, named, text, tokens } of readRecords(file, { ignoreSecrets: true })) {
        sizes.set(set, (sizes.get(set) ?? 0) + 1);
        const document = {
          ...{ file, place: ++place, text: text ?? Array.from(tokens!).join(' ') },
          ...(named ? { id: String(id) } : {}),
        };
        for (const collision of collisions.add(set, document)) {
          found++;
          const documents = collision.documents.map(({ text: _, ...rest }) => rest);
          await print(`${JSON.stringify({ ...collision, documents })}\n`);
        }
      }
    }
  const counts = [...sizes].map(([set, size]) => `${set} (${counted(size, 'document')})`).join(', ');
  session.say(
    found === 0
      ? `Disjoint, near-duplicates included: ${counts}.`
      : `Not disjoint: ${counted(found, 'collision')} of ${counts}.`,
  );
  return found === 0 ? EXIT_CODES.done : EXIT_CODES.missed;
}
