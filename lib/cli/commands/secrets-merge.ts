/** `lethe secrets merge`: the shares of a scan as one file. */
import { Command } from 'commander';
import * as z from 'zod';
import { counted } from '../../counted.js';
import { recordIdSchema } from '../../data/record-id.js';
import { readJsonLines, writeJsonLines } from '../../data/text/json-lines.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { secretSchema } from '../../secrets/secret.js';
import { addForceOption } from '../options.js';
import { runOutputJob } from '../outputs/output-job.js';
import { withSession } from '../session.js';

const HELP = `
The records of the shares in the order in which these are given: of shares 1 to n that is what a scan of all sources would have
written. Shares may be merged in any groups; two records of the same id are refused.

Examples:
  lethe secrets merge share-{1..8}.jsonl --output secrets.jsonl`;

const schema = z.strictObject({ id: recordIdSchema, secrets: z.array(secretSchema) });

export function createSecretsMergeCommand(): Command {
  return addForceOption(new Command('merge'))
    .description('merge the shares of a scan')
    .argument('<shares...>', 'JSON lines of `lethe secrets scan --shard`')
    .requiredOption('--output <file>', 'JSON lines to write')
    .addHelpText('after', HELP)
    .action((shares: string[], { output, force }: { readonly output: string; readonly force?: boolean }) =>
      withSession(async (session) => {
        async function* records() {
          for (const share of shares) yield* readJsonLines(share, schema);
        }
        const results = await runOutputJob(
          {
            command: 'secrets merge',
            options: {},
            inputs: shares.map((path) => ({ option: 'a share', path })),
            output,
            force,
            make: async () => ({
              documents: await writeJsonLines(output, requireUniqueIds(records(), shares.join(', '))),
            }),
          },
          session,
        );
        if (results !== undefined)
          session.say(`${output} has ${counted(results.documents as number, 'document')}.`);
      }),
    );
}
