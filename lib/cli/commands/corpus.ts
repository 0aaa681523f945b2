/** `lethe corpus`: builds the shards of a training corpus, and says what a built one holds. */

import { Command } from 'commander';
import { buildCorpus } from '../../clones/corpus/build.js';
import { counted } from '../../counted.js';
import { CORPUS_MANIFEST_FILE, type CorpusManifest, readCorpusManifest } from '../../data/corpus/manifest.js';
import { describeLeftOut, isIncomplete } from '../../data/left-out.js';
import { claimOutput } from '../../data/outputs/claim.js';
import { InputError } from '../../errors.js';
import { EXIT_CODES, withExitCode } from '../exit-code.js';
import { FORCE_HELP, integerOption } from '../options.js';
import { withSession } from '../session.js';
import { addTreeOptions, type TreeFlags, treeOptions } from '../tree-options.js';

const HELP = `
A source is a data set on the Hugging Face hub (org/name), a Parquet file, JSON lines or CSV, gzip'd or not, or a
directory of source files. Documents are taken in the order of the sources, of a data set in that of its files' names.

DIR gets shards 0, 1, ... in the published format: of every document the lines that are not empty, an empty line, and a
line with their md5. Beside each, N.documents.jsonl says where its documents stand, their id, path and licence; corpus.json
has the digests of sources and shards, and what of directories was left out and why: hidden files, those over 1 MiB and
what is no text, unless the options say otherwise. The shards are the same whatever --workers is. A build that was stopped goes on
after the last finished shard when the same command is run again.

Examples:
  lethe corpus build codeparrot/codeparrot-clean-train --output corpus
  lethe corpus build data/*.jsonl.gz --output corpus --text-field code --gzip
  lethe corpus build src third_party --output corpus --documents-per-shard 10000
  lethe corpus build . --output corpus --include '*.py' --include '*.js' --exclude node_modules/ --exclude '*.min.js'
  lethe clones outputs/all_0-19999 corpus/ --log clones.log`;

interface BuildOptions extends TreeFlags {
  readonly output: string;
  readonly force?: boolean;
  readonly documentsPerShard: number;
  readonly workers?: number;
  readonly textField?: string;
  readonly gzip?: boolean;
  readonly revision?: string;
  readonly localFilesOnly?: boolean;
  readonly json?: boolean;
}

export function createCorpusCommand(): Command {
  const command = new Command('build')
    .summary('build the shards of a training corpus')
    .description('Builds shards of a training corpus, in which clones are looked for, from documents.')
    .argument('<sources...>', 'files, directories, and data sets on the hub')
    .requiredOption('--output <directory>', 'where the shards go')
    .addOption(
      integerOption('--documents-per-shard <n>', 'documents of a shard, as published', {
        min: 1,
        default: 100_000,
      }),
    )
    .addOption(
      integerOption('--workers <n>', 'threads that read (default: all cores)', { min: 1, max: 1024 }),
    )
    .option('--text-field <name>', 'field or column that holds the text (default: text, or else content)')
    .option('--gzip', 'compress the shards: 0.gz, 1.gz, ...')
    .option('--revision <name>', 'branch, tag or commit of data sets on the hub (default: main)')
    .option('--local-files-only', 'take what the cache has of data sets and ask no server')
    .option('--json', 'print corpus.json')
    .option('--force', FORCE_HELP);
  const build = addTreeOptions(command)
    .addHelpText('after', HELP)
    .action(
      withExitCode((sources: string[], options: BuildOptions) =>
        withSession(
          async (session) => {
            const { output, documentsPerShard, workers, textField, gzip, revision, localFilesOnly } = options;
            await using _ = await claimOutput(
              { option: '--output', path: output, kind: 'directory', ownFiles: /^corpus\.json$/ },
              {
                command: 'corpus build',
                inputs: sources.map((path) => ({ option: 'a source', path })),
                force: options.force,
              },
            );
            const manifest = await session.run(
              buildCorpus({
                sources,
                directory: output,
                replace: options.force,
                documentsPerShard,
                ...(workers === undefined ? {} : { workers }),
                ...(textField === undefined ? {} : { textField }),
                ...(gzip === undefined ? {} : { gzip }),
                ...(await treeOptions(options, sources)),
                hub: { revision, localFilesOnly },
                signal: session.signal,
              }),
              (event) => {
                if (event.type === 'note') session.say(event.message);
                if (event.type === 'left-out') describeLeftOut(event.leftOut).forEach(session.say);
                if (event.type === 'shard')
                  session.say(
                    `Shard ${event.shard.name} is finished: ${counted(event.shard.documents, 'document')}.`,
                  );
              },
            );
            session.say(describeCorpus(manifest, output));
            if (options.json) process.stdout.write(formatManifest(manifest));
            return isIncomplete(manifest.leftOut) ? EXIT_CODES.missed : EXIT_CODES.done;
          },
          { whenInterrupted: 'Finished shards are kept; run the same command to go on.' },
        ),
      ),
    );
  const info = new Command('info')
    .description('Says what a built corpus holds.')
    .argument('<directory>', 'where it was built')
    .option('--json', 'print corpus.json')
    .addHelpText('after', '\nExamples:\n  lethe corpus info corpus')
    .action(async (directory: string, { json }: { readonly json?: boolean }) => {
      const manifest = await readCorpusManifest(directory);
      if (manifest === undefined)
        throw new InputError(
          'ERR_FILE_NOT_FOUND',
          `Expected ${CORPUS_MANIFEST_FILE} in ${directory} but found none.`,
          { remedy: 'Build a corpus there by `lethe corpus build`.' },
        );
      process.stdout.write(json ? formatManifest(manifest) : `${describeCorpus(manifest, directory)}\n`);
    });
  return new Command('corpus')
    .description('build the shards of a training corpus')
    .addCommand(build)
    .addCommand(info)
    .addHelpText('after', '\nExamples:\n  lethe corpus build data/*.jsonl.gz --output corpus');
}

function formatManifest(manifest: CorpusManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function describeCorpus(manifest: CorpusManifest, directory: string): string {
  const { shards, documents, lines, bytes, complete } = manifest;
  const state = complete ? '' : '; it is not finished';
  return `${directory} holds ${counted(shards.length, 'shard')}: ${counted(documents, 'document')}, ${counted(lines, 'line')}, ${counted(bytes, 'byte')}${state}.`;
}
