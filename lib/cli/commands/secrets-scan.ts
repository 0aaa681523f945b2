/** `lethe secrets scan`: e-mail addresses, IP addresses and keys in documents of any source. */
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { findSources } from '../../clones/corpus/sources.js';
import { counted } from '../../counted.js';
import { type Document, readDocuments } from '../../data/documents.js';
import { isIncomplete, LeftOut } from '../../data/left-out.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { requireRecords } from '../../data/require-records.js';
import { formatRecord, writeJsonLines } from '../../data/text/json-lines.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { InputError } from '../../errors.js';
import { isStream } from '../../files.js';
import { readRules } from '../../secrets/rules-file/rules-file.js';
import { type ScanSummary, scanDocuments } from '../../secrets/scan-documents.js';
import { SECRET_TAGS, type SecretTag } from '../../secrets/secret.js';
import { EXIT_CODES, type ExitCode, withExitCode } from '../exit-code.js';
import { InputOption, writesStream } from '../inputs/streams.js';
import { addForceOption, integerOption } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { print } from '../print.js';
import { sayLeftOut } from '../say-left-out.js';
import { type Session, withSession } from '../session.js';
import { parseShare, runOf, type Share } from '../share.js';
import { addTreeOptions, SCAN_DEFAULTS, type TreeFlags, treeOptions } from '../tree-options.js';

const HELP = `
Reads {id, text} or {id, content} a line, writes {id, secrets: [{tag, type, value, start, end}]}, every
occurrence of every value. start and end count UTF-16 code units of the text. An input may also be CSV, Parquet, a file of
text, a built corpus or shards of one, a data set on the Hugging Face hub (org/name), or a directory: all text files in it
are looked at, hidden and large ones too, but not .git; what is passed over is said. Exit code 3 if a file of it could not
be read. The output is the same whatever --workers is; --shard i/n takes the i-th of n runs of the sources, so that
\`lethe secrets merge\` of the shares in their order is what a scan of all would have written.

--rules FILE is for keys: [[rules]] with id, regex, secretGroup, entropy, path, keywords and allowlists, [[allowlists]] and
[extend], as gitleaks has them. A rule with the id of one of Lethe's replaces it, disabledRules switches it off; ids are in
docs/secrets.md. Patterns run on RE2, in linear time.

Examples:
  lethe secrets scan --input documents.jsonl --output secrets.jsonl
  lethe secrets scan . --exclude node_modules/ --output secrets.jsonl --json
  lethe secrets scan corpus data/*.parquet --workers 8 --output secrets.jsonl
  lethe secrets scan org/name --shard $SLURM_ARRAY_TASK_ID/8 --output share-$SLURM_ARRAY_TASK_ID.jsonl
  lethe secrets scan --input documents.jsonl --types EMAIL,KEY --no-filter | head`;

interface Options extends TreeFlags {
  readonly input?: string;
  readonly output: string;
  readonly force?: boolean;
  readonly types: readonly SecretTag[];
  readonly filter: boolean;
  readonly rules?: string;
  readonly textField?: string;
  readonly revision?: string;
  readonly localFilesOnly?: boolean;
  readonly workers?: number;
  readonly shard?: Share;
  readonly json?: boolean;
}

export function createScanCommand(): Command {
  const command = addForceOption(new Command('scan'))
    .description('find e-mail addresses, IP addresses and keys in documents')
    .argument('[inputs...]', 'files, directories, built corpora, and data sets on the hub')
    .addOption(new InputOption('--input <path>', 'one more input', writesStream))
    .option('--output <file>', 'JSON lines to write, or - for stdout', '-')
    .addOption(
      new Option('--types <list>', 'what to look for, separated by commas')
        .argParser(parseTypes)
        .default([...SECRET_TAGS], SECRET_TAGS.join(',')),
    )
    .option('--no-filter', 'keep private addresses, example e-mails and placeholder keys as well')
    .option('--rules <file>', "rules for keys in gitleaks' TOML; Lethe's own stay by [extend] useDefault")
    .option('--text-field <name>', 'field or column that holds the text (default: text, or else content)')
    .option('--revision <name>', 'branch, tag or commit of data sets on the hub (default: main)')
    .option('--local-files-only', 'take what the cache has of data sets and ask no server')
    .addOption(
      integerOption('--workers <n>', 'threads that scan, beside the one that reads (default: all cores)', {
        min: 1,
        max: 1024,
      }),
    )
    .addOption(new Option('--shard <i/n>', 'scan the i-th of n runs of the sources').argParser(parseShare))
    .option('--json', 'print a summary to stdout: documents, secrets by type, what was left out and why');
  return addTreeOptions(command, SCAN_DEFAULTS)
    .addHelpText('after', HELP)
    .action(
      withExitCode((inputs: string[], options: Options) =>
        withSession((session) => runScan(inputs, options, session)),
      ),
    );
}

async function runScan(inputs: readonly string[], options: Options, session: Session): Promise<ExitCode> {
  const { input, output, types, filter, textField, force, workers = availableParallelism() } = options;
  if (options.json && output === '-')
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected --output FILE with --json but received none: the records go to stdout.',
    );
  const names = input === undefined ? inputs : [...inputs, input];
  if (names.length === 0)
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected at least one input to scan but received none: name files, directories or data sets, or --input - for stdin.',
    );
  const toStdout = output === '-' || output === '/dev/stdout';
  const place = { option: '--output', path: output, kind: 'file' } as const;
  const places = names.map((path) => ({ option: path === input ? '--input' : 'an input', path }));
  if (options.rules !== undefined) places.push({ option: '--rules', path: options.rules });
  await using claim = toStdout
    ? undefined
    : await claimOutput(place, { command: 'secrets scan', inputs: places, force });
  const tree = await treeOptions(options, names, SCAN_DEFAULTS);
  const sources = await sourcesOf(names, options, session);
  const rules = options.rules === undefined ? undefined : await readRules(options.rules);
  rules?.notes.forEach(session.say);
  const recorder = createRunRecorder({
    command: 'secrets scan',
    options: {
      types,
      filter,
      tree,
      ...(textField === undefined ? {} : { textField }),
      ...(rules === undefined ? {} : { rules: rules.digest }),
    },
  });
  // A stream is written as it comes, with no record of it.
  if (claim?.isStream === false) for (const path of sources) await recorder.addInput(path);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim?.isFinished(runKey)) {
    session.say(`${output} is finished: same input and options. Remove it to make it again.`);
    return EXIT_CODES.done;
  }
  const leftOut = new LeftOut();
  async function* documents(): AsyncGenerator<Document, void> {
    for (const path of sources)
      yield* requireRecords(readDocuments(path, { ...tree, textField, onLeftOut: leftOut.add }), path);
  }
  const events = scanDocuments(requireUniqueIds(documents(), names.join(', ')), {
    tags: types,
    filter,
    rules,
    workers,
    signal: session.signal,
  });
  let summary: ScanSummary | undefined;
  async function* records(): AsyncGenerator<object, void> {
    for (;;) {
      const next = await events.next();
      if (next.done) {
        summary = next.value;
        return;
      }
      if (next.value.type === 'progress') session.progress(next.value);
      else {
        const { id, number, secrets } = next.value.document;
        yield { id: number ?? id, secrets };
      }
    }
  }
  try {
    if (toStdout) for await (const record of records()) await print(formatRecord(record, 'stdout'));
    else
      await writeJsonLines(output, records(), {
        beforeRename: async (part) =>
          void (await claim?.finish(recorder.finish({ runKey, ...summary, ...accountOf(leftOut) }), part)),
      });
  } finally {
    await events.return(undefined as never);
    sayLeftOut(leftOut, session);
  }
  if (summary !== undefined) session.say(describeSummary(summary));
  if (options.json) process.stdout.write(`${JSON.stringify({ ...summary, leftOut })}\n`);
  return isIncomplete(leftOut.toJSON()) ? EXIT_CODES.missed : EXIT_CODES.done;
}

/** Paths: files of what the inputs name, in their order, or this share of them. */
async function sourcesOf(
  names: readonly string[],
  { revision, localFilesOnly, shard }: Options,
  session: Session,
): Promise<string[]> {
  const sources: string[] = [];
  for (const name of names) {
    if (await isStream(name)) {
      sources.push(name);
      continue;
    }
    const hub = { revision, localFilesOnly, signal: session.signal };
    const found = await session.run(findSources([name], hub), (event) => {
      if (event.type === 'note') session.say(event.message);
    });
    sources.push(...found.map(({ path }) => path));
  }
  return shard === undefined ? sources : runOf(sources, shard, 'sources');
}

/** A scan that could not read all of its input is done anew when it is asked for again. */
function accountOf(leftOut: LeftOut): Readonly<Record<string, unknown>> {
  return { leftOut, ...(isIncomplete(leftOut.toJSON()) ? { unfinished: true } : {}) };
}

/** `Secrets in 2 of 7 documents: 3 GitHub Token, 1 Email Address.` */
export function describeSummary({ documents, sensitiveDocuments, counts }: ScanSummary): string {
  const list = Object.entries(counts).map(([type, count]) => `${count} ${type}`);
  const share = `Secrets in ${sensitiveDocuments} of ${counted(documents, 'document')}`;
  return `${share}${list.length === 0 ? '' : `: ${list.join(', ')}`}.`;
}

function parseTypes(list: string): SecretTag[] {
  return list.split(',').map((name) => {
    const tag = SECRET_TAGS.find((known) => known === name.trim().toUpperCase());
    if (tag !== undefined) return tag;
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected ${SECRET_TAGS.join(', ')} separated by commas for --types but received "${name}".`,
    );
  });
}
