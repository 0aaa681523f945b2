/** `lethe secrets`: find e-mail addresses, IP addresses and keys in documents. */

import { once } from 'node:events';
import { Command, Option } from 'commander';
import { counted } from '../../counted.js';
import { readDocuments } from '../../data/documents.js';
import { isIncomplete, LeftOut } from '../../data/left-out.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { requireRecords } from '../../data/require-records.js';
import { formatRecord, writeJsonLines } from '../../data/text/json-lines.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { InputError } from '../../errors.js';
import { type ScanSummary, scanDocuments } from '../../secrets/scan-documents.js';
import { SECRET_TAGS, type SecretTag } from '../../secrets/secret.js';
import { EXIT_CODES, type ExitCode, withExitCode } from '../exit-code.js';
import { addFileOptions } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';
import { sayLeftOut } from '../say-left-out.js';
import { type Session, withSession } from '../session.js';
import { addTreeOptions, SCAN_DEFAULTS, type TreeFlags, treeOptions } from '../tree-options.js';
import { createProbeCommand } from './secrets-probe.js';

interface ScanCommandOptions extends TreeFlags {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly types: readonly SecretTag[];
  readonly filter: boolean;
  readonly json?: boolean;
}

export function createSecretsCommand(): Command {
  const scan = new Command('scan')
    .description('find e-mail addresses, IP addresses and keys in documents')
    .addOption(
      new Option('--types <list>', 'what to look for, separated by commas')
        .argParser(parseTypes)
        .default([...SECRET_TAGS], SECRET_TAGS.join(',')),
    )
    .option('--no-filter', 'keep private addresses, example e-mails and placeholder keys as well')
    .option('--json', 'print a summary to stdout: documents, secrets by type, what was left out and why');
  addTreeOptions(addFileOptions(scan, 'documents'), SCAN_DEFAULTS)
    .addHelpText(
      'after',
      `
Reads {id, text} or {id, content} a line, writes {id, secrets: [{tag, type, value, start, end}]}, every
occurrence of every value. start and end count UTF-16 code units of the text. The input may also be CSV, Parquet, a file of
text, or a directory: all text files in it are looked at, hidden and large ones too, but not .git; what is passed over is
said. Exit code 3 if a file of it could not be read.

Examples:
  lethe secrets scan --input documents.jsonl --output secrets.jsonl
  lethe secrets scan --input . --exclude node_modules/ --output secrets.jsonl --json
  lethe secrets scan --input documents.jsonl --types EMAIL,KEY --no-filter | head`,
    )
    .action(
      withExitCode((options: ScanCommandOptions) => withSession((session) => runScan(options, session))),
    );
  return new Command('secrets')
    .description('find e-mail addresses, IP addresses and keys in documents')
    .addCommand(scan)
    .addCommand(createProbeCommand())
    .addHelpText('after', '\nExamples:\n  lethe secrets scan --input documents.jsonl --output secrets.jsonl');
}

async function runScan(options: ScanCommandOptions, session: Session): Promise<ExitCode> {
  if (options.json && options.output === '-')
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected --output FILE with --json but received none: the records go to stdout.',
    );
  const { input, output, types, filter, force } = options;
  const toStdout = output === '-' || output === '/dev/stdout';
  const place = { option: '--output', path: output, kind: 'file' } as const;
  const inputs = [{ option: '--input', path: input }];
  await using claim = toStdout
    ? undefined
    : await claimOutput(place, { command: 'secrets scan', inputs, force });
  const tree = await treeOptions(options, [options.input], SCAN_DEFAULTS);
  const recorder = createRunRecorder({ command: 'secrets scan', options: { types, filter, tree } });
  // A stream is written as it comes, with no record of it.
  if (claim?.isStream === false) await recorder.addInput(input);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim?.isFinished(runKey)) {
    session.say(`${output} is finished: same input and options. Remove it to make it again.`);
    return EXIT_CODES.done;
  }
  const leftOut = new LeftOut();
  const read = readDocuments(input, { ...tree, onLeftOut: leftOut.add });
  const documents = requireUniqueIds(requireRecords(read, input), input);
  const events = scanDocuments(documents, {
    tags: options.types,
    filter: options.filter,
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
    if (toStdout) await print(records());
    else
      await writeJsonLines(output, records(), {
        beforeRename: async (part) =>
          void (await claim?.finish(recorder.finish({ runKey, ...summary, ...accountOf(leftOut) }), part)),
      });
  } finally {
    sayLeftOut(leftOut, session);
  }
  if (summary !== undefined) session.say(describeSummary(summary));
  if (options.json) process.stdout.write(`${JSON.stringify({ ...summary, leftOut })}\n`);
  return isIncomplete(leftOut.toJSON()) ? EXIT_CODES.missed : EXIT_CODES.done;
}

/** A scan that could not read all of its input is done anew when it is asked for again. */
function accountOf(leftOut: LeftOut): Readonly<Record<string, unknown>> {
  return { leftOut, ...(isIncomplete(leftOut.toJSON()) ? { unfinished: true } : {}) };
}

async function print(records: AsyncIterable<object>): Promise<void> {
  for await (const record of records) {
    if (!process.stdout.write(formatRecord(record, 'stdout'))) await once(process.stdout, 'drain');
  }
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
