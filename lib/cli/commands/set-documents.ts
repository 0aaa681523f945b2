/** `lethe set documents`: draws documents of a source, those with secrets or those without, cut to what a model takes. */
import { Command } from 'commander';
import * as z from 'zod';
import { readDocuments } from '../../data/documents.js';
import { LeftOut } from '../../data/left-out.js';
import { recordIdSchema } from '../../data/record-id.js';
import { requireRecords } from '../../data/require-records.js';
import { readJsonLines } from '../../data/text/json-lines.js';
import { InputError } from '../../errors.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { type Secret, secretSchema } from '../../secrets/secret.js';
import { type DrawResult, drawDocuments } from '../../sets/draw-documents.js';
import { writeSet } from '../../sets/set-file.js';
import { addIdleRules } from '../idle-options.js';
import { InputArgument, InputOption } from '../inputs/streams.js';
import { locateModel } from '../open-model.js';
import { addForceOption, addHubOptions, addSeedOption, integerOption, numberOption } from '../options.js';
import { runOutputJob } from '../outputs/output-job.js';
import { sayLeftOut } from '../say-left-out.js';
import { type Session, withSession } from '../session.js';
import { SCAN_DEFAULTS, TEXT_DEFAULTS } from '../tree-options.js';

const HELP = `
The source is what lethe corpus build takes: a directory of source files, JSON lines, CSV or Parquet. Of documents with the
same text only the first is drawn. The draw depends on the seed and the ids of the documents.
--share 0.5 leaves half of those that may be drawn to another draw, which keeps from these by --without.

With --secrets, documents are drawn that have some, {id, secrets} as \`lethe secrets scan\` writes them or as you do:
their offsets count UTF-16 code units of the document. A document of more than --max-tokens is cut into excerpts around its secrets, called
<id>:<line>. Writes {id, text, secrets}. Without it documents are cut after the last whole line within --max-tokens, and
{id, text} is written.

Examples:
  lethe secrets scan --input src --output secrets.jsonl
  lethe set documents src --tokenizer MODEL --secrets secrets.jsonl --count 100 --output candidates.jsonl
  lethe set documents src --tokenizer MODEL --without secrets.jsonl --count 100 --output plain.jsonl`;

interface Options {
  readonly output: string;
  readonly force?: boolean;
  readonly tokenizer: string;
  readonly revision?: string;
  readonly localFilesOnly?: boolean;
  readonly count: number;
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly share: number;
  readonly secrets?: string;
  readonly without: readonly string[];
  readonly seed: number;
}

export function createSetDocumentsCommand(): Command {
  const command = new Command('documents')
    .description('draw documents of a source, cut to what a model takes')
    .addArgument(new InputArgument('<source>', 'a directory of source files, JSON lines, CSV or Parquet'))
    .requiredOption('--tokenizer <model>', 'directory or hub name of the model whose tokens are counted')
    .requiredOption('--output <file>', 'JSON lines to write')
    .addOption(integerOption('--count <n>', 'documents at most', { min: 1, default: 100 }))
    .addOption(integerOption('--max-tokens <n>', 'tokens kept of each', { min: 16, default: 512 }))
    .addOption(integerOption('--min-tokens <n>', 'pass over documents of fewer', { min: 0, default: 0 }))
    .addOption(
      numberOption('--share <p>', 'draw at most this share of those that may be drawn, and leave the rest', {
        ...{ min: 1e-3, max: 1, default: 1 },
      }),
    )
    .addOption(new InputOption('--secrets <file>', 'draw documents with these secrets'))
    .option('--without <files...>', 'draw no document of these files; of a scan, none with secrets', []);
  addIdleRules(command, {
    options: ['share'],
    beside: ({ secrets }) => (secrets === undefined ? undefined : 'with --secrets'),
  });
  return addForceOption(addSeedOption(addHubOptions(command)))
    .addHelpText('after', HELP)
    .action((source: string, options: Options) => withSession((session) => run(source, options, session)));
}

async function run(source: string, options: Options, session: Session): Promise<void> {
  const { output, force, secrets: secretsFile, without, revision, localFilesOnly, ...rest } = options;
  const { tokenizer, ...settings } = rest;
  const model = {
    model: tokenizer,
    ...(revision && { revision }),
    ...(localFilesOnly && { localFilesOnly }),
  };
  await runOutputJob(
    {
      command: 'set documents',
      options: { ...settings, secrets: secretsFile !== undefined, without: without.length },
      seed: settings.seed,
      model: { option: '--tokenizer', path: tokenizer },
      locate: () => locateModel(model, session),
      inputs: [
        { option: 'the source', path: source },
        ...(secretsFile === undefined ? [] : [{ option: '--secrets', path: secretsFile }]),
        ...without.map((path) => ({ option: '--without', path })),
      ],
      output,
      force,
      make: async (directory) => {
        const secrets = secretsFile === undefined ? undefined : await readSecrets(secretsFile);
        // Where the scan looked, its secrets are looked up.
        const tree = secrets === undefined ? TEXT_DEFAULTS : SCAN_DEFAULTS;
        const leftOut = new LeftOut();
        const documents = () =>
          requireRecords(readDocuments(source, { ...tree, onLeftOut: leftOut.add }), source);
        const result = await session.run(
          drawDocuments(documents, await Tokenizer.load(directory), {
            ...settings,
            secrets,
            exclude: await readExcluded(without),
            signal: session.signal,
          }),
        );
        sayLeftOut(leftOut, session);
        refuseEmpty(result, source, options);
        await writeSet(output, result.records);
        return { ...say(result, source, options, session), leftOut };
      },
    },
    session,
  );
}

const foundSchema = z.looseObject({
  id: recordIdSchema.transform(String),
  secrets: z.array(secretSchema).optional(),
});

async function readSecrets(path: string): Promise<Map<string, readonly Secret[]>> {
  const found = new Map<string, readonly Secret[]>();
  for await (const { id, secrets = [] } of requireRecords(readJsonLines(path, foundSchema), path))
    if (secrets.length > 0) found.set(id, [...(found.get(id) ?? []), ...secrets]);
  return found;
}

async function readExcluded(paths: readonly string[]): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const path of paths)
    for await (const { id, secrets } of readJsonLines(path, foundSchema))
      if (secrets === undefined || secrets.length > 0) ids.add(id);
  return ids;
}

function refuseEmpty({ records, read }: DrawResult, source: string, { minTokens, secrets }: Options): void {
  if (records.length > 0 || secrets !== undefined) return;
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected a document of at least ${minTokens} tokens that may be drawn in ${source} but found none among ${read}.`,
    { remedy: 'Lower --min-tokens, or name a larger source.' },
  );
}

function say(
  { records, read, copies, secretsTooLong, unknown }: DrawResult,
  source: string,
  { count, share, output, secrets }: Options,
  session: Session,
): Record<string, unknown> {
  const fewer =
    records.length < count
      ? ` (${count} were asked for; there are no more${share < 1 ? `, of which ${share} may be drawn` : ''})`
      : '';
  session.say(`Drew ${records.length} documents${fewer} of ${read} in ${source}; ${output} has them.`);
  if (copies > 0) session.say(`${copies} candidates were copies of others and left out.`);
  if (secretsTooLong > 0)
    session.say(`lethe: warning: ${secretsTooLong} secrets are longer than --max-tokens and left out.`);
  if (unknown.length > 0)
    session.say(
      `lethe: warning: ${unknown.length} documents of ${secrets} are not in ${source}: ${unknown[0]}, for one.`,
    );
  const held = records.reduce((sum, record) => sum + (record.secrets?.length ?? 0), 0);
  return {
    documents: records.length,
    ...(secrets === undefined ? {} : { secrets: held, secretsTooLong, unknown: unknown.length }),
    read,
    copies,
  };
}
