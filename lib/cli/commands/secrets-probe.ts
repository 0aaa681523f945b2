/** `lethe secrets probe`: how well a model knows each secret of documents, and what it writes in its place. */
import { Command } from 'commander';
import { measureSecrets } from '../../memorization/measure-secrets.js';
import type { Model } from '../../model/model.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { drain, type ProgressEvent } from '../../progress.js';
import { InputOption, writesStream } from '../inputs/streams.js';
import { countModelParameters, locateModel, openModel, openTokenizer } from '../open-model.js';
import {
  addForceOption,
  addModelOptions,
  integerOption,
  integersOption,
  type ModelOptions,
} from '../options.js';
import { claimRecords, RECORDS_INTERRUPTED, type RecordWork, runRecordJob } from '../records/record-job.js';
import type { InputRecord } from '../records/records.js';
import { type Session, withSession } from '../session.js';
import { describeSecrets, documentOf, figures, type MeasuredDocument } from './measure.js';

const HELP = `
Reads {id, text, secrets} a line, as \`lethe set documents\` writes them, and writes the same with figures: {id, text, ma,
el3, el5, el10, extractionStrength, secrets: [{tag, type, value, start, end, first, last, ma, ..., completion}]}. A record's
figures are means over its secrets. The model is given up to 128 tokens of what precedes a secret and has to write its
first 32 tokens; completion is what greedy decoding writes in place of all of them. docs/metrics.md has the definitions.

Examples:
  lethe secrets probe --model codeparrot-small --input forget.jsonl --output probes.jsonl`;

interface Options extends ModelOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly el: readonly number[];
  readonly prefixTokens: number;
  readonly secretTokens: number;
}

export function createProbeCommand(): Command {
  const command = new Command('probe')
    .description('measure how well a model knows each secret')
    .addOption(new InputOption('--input <file>', 'JSON lines to read', writesStream).makeOptionMandatory())
    .option('--output <file>', 'JSON lines to write, or - for stdout', '-')
    .addOption(
      integersOption('--el <list>', 'the n of EL_n, separated by commas', { min: 1, default: [3, 5, 10] }),
    )
    .addOption(
      integerOption('--prefix-tokens <n>', 'tokens before a secret that the model sees', {
        min: 1,
        default: 128,
      }),
    )
    .addOption(
      integerOption('--secret-tokens <n>', 'tokens of a secret that are probed', { min: 1, default: 32 }),
    );
  return addForceOption(addModelOptions(command))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          await using claim = await claimRecords('secrets probe', options);
          const directory = await locateModel(options, session);
          const { el, prefixTokens, secretTokens } = options;
          const written = await runRecordJob(
            {
              command: 'secrets probe',
              options: { el, prefixTokens, secretTokens, dtype: options.dtype ?? 'float32' },
              model: directory,
              input: options.input,
              output: options.output,
              offsets: 'utf16',
              batch: { most: 16, parameters: await countModelParameters(directory), passes: 8 },
              open: () => openProbing(directory, options, session),
            },
            claim,
            session,
          );
          session.say(`Probed the secrets of ${written} records.`);
        },
        { whenInterrupted: RECORDS_INTERRUPTED },
      ),
    );
}

async function openProbing(directory: string, options: Options, session: Session): Promise<RecordWork> {
  const { el, prefixTokens, secretTokens } = options;
  const { signal } = session;
  const model = await openModel(directory, options);
  const tokenizer = await openTokenizer(directory, model);
  return {
    async process(batch, note) {
      const show = ({ step, done, total }: ProgressEvent) =>
        note(`${step} ${total ? Math.floor((100 * done) / total) : 100}% of ${batch.length}`);
      const documents = batch.map((record) => documentOf(record, { model, tokenizer }, 'strict'));
      const settings = { el, prefixTokens, secretTokens, signal };
      const { perExample } = await drain(measureSecrets(model, documents, settings), show);
      const completions = await complete(model, tokenizer, documents, signal);
      return batch.map((record, i) => ({
        ...identityOf(record),
        ...figures(perExample[i]!.mean),
        secrets: describeSecrets(documents[i]!.spans, perExample[i]!.secrets).map((secret, j) => ({
          ...secret,
          completion: completions[i]![j],
        })),
      }));
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
}

function identityOf({ id, text }: InputRecord): object {
  return { id, ...(text === undefined ? {} : { text }) };
}

/** What greedy decoding writes in place of each secret, as many tokens as it has, by document. */
async function complete(
  model: Model,
  tokenizer: Tokenizer,
  documents: readonly MeasuredDocument[],
  signal: AbortSignal,
): Promise<string[][]> {
  const spans = documents.flatMap(({ tokens, spans }) => spans.map((span) => ({ tokens, ...span })));
  const rows = spans.map(({ tokens, first, last }) => ({
    prompt: tokens,
    // Nothing precedes a secret that begins its document: its first token stands in for that.
    start: Math.max(1, first),
    maxTokens: last - Math.max(1, first) + 1,
  }));
  const decodable = rows.filter(({ maxTokens }) => maxTokens > 0);
  const generations =
    decodable.length === 0 ? [] : await model.generate(decodable, { maxTokens: 1, temperature: 0, signal });
  let next = 0;
  const texts = rows.map(({ maxTokens }) =>
    maxTokens > 0 ? tokenizer.decode(generations[next++]!.tokens) : '',
  );
  let at = 0;
  return documents.map(({ spans }) => spans.map(() => texts[at++]!));
}
