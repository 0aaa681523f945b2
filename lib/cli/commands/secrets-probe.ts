/** `lethe secrets probe`: how well a model knows each secret of documents, how likely it writes it, and what it writes in its place. */
import { Command } from 'commander';
import { counted } from '../../counted.js';
import { LeftOut } from '../../data/left-out.js';
import { measureSecrets } from '../../memorization/measure-secrets.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import type { Model } from '../../model/model.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { drain, type ProgressEvent } from '../../progress.js';
import { InputOption, writesStream } from '../inputs/streams.js';
import { countModelParameters, locateModel, openModel, openTokenizer } from '../open-model.js';
import { addForceOption, addModelOptions, type ModelOptions } from '../options.js';
import { claimRecords, RECORDS_INTERRUPTED, type RecordWork, runRecordJob } from '../records/record-job.js';
import type { InputRecord } from '../records/records.js';
import {
  addLikelihoodOptions,
  type LikelihoodOptions,
  likelihoodPasses,
  likelihoodSettings,
  locateReference,
  openLikelihoods,
} from '../records/secret-likelihood.js';
import {
  addProbingOptions,
  batchProgress,
  describeSecrets,
  documentOf,
  figures,
  type MeasuredDocument,
  type ProbingOptions,
  probingSettings,
} from '../records/secret-probing.js';
import { type Session, withSession } from '../session.js';

const HELP = `
Reads {id, text, secrets} a line, as \`lethe set documents\` writes them, and writes the same with figures: {id, text, ma,
el3, el5, el10, extractionStrength, secrets: [{tag, type, value, start, end, first, last, ma, ..., completion}]}. A record's
figures are means over its secrets. The model is given up to 128 tokens of what precedes a secret and has to write its
first 32 tokens; completion is what greedy decoding writes in place of all of them. docs/metrics.md has the definitions.
Each secret has the figures of an extraction by sampling as well, with --temperature, --top-k and --top-p:
logp, the log-probability of all its tokens; n50 and n99, the samples after which it has appeared with probability 0.5
and 0.99; curve, logp by the number of tokens given (--prefixes, as many as the document has); cheapestPrefix, the number
of them that needs the fewest samples. guessRank tells recall from a good guess: the rank of the secret's probability
among 1000 random strings of its format, from 1/1001 (remembered) to 1. It takes 1000 short passes a secret: --guesses 0
switches it off, and fewer are faster and coarser. --reference names a model that has not seen the secrets: referenceLogp
is its log-probability of the secret, and logRatio by how much the model's is larger.
logp is null for a secret that the sampler never writes, and these figures are for one that --max-tokens cuts in two.
Of {id, messages} the model's chat template makes the text. Secrets beyond --max-tokens are left out, counted and said.

Examples:
  lethe secrets probe --model codeparrot-small --input forget.jsonl --output probes.jsonl
  lethe secrets probe --model codeparrot --reference codeparrot-small --input forget.jsonl --top-k 40 --guesses 200`;

interface Options extends ModelOptions, ProbingOptions, LikelihoodOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
}

export function createProbeCommand(): Command {
  const command = new Command('probe')
    .description('measure how well a model knows each secret')
    .addOption(new InputOption('--input <file>', 'JSON lines to read', writesStream).makeOptionMandatory())
    .option('--output <file>', 'JSON lines to write, or - for stdout', '-');
  return addForceOption(addModelOptions(addLikelihoodOptions(addProbingOptions(command))))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          await using claim = await claimRecords('secrets probe', options);
          const directory = await locateModel(options, session);
          const reference = await locateReference(options, session);
          const leftOut = new LeftOut();
          const written = await runRecordJob(
            {
              command: 'secrets probe',
              options: {
                ...probingSettings(options),
                ...likelihoodSettings(options),
                dtype: options.dtype ?? 'float32',
              },
              model: directory,
              reference,
              input: options.input,
              output: options.output,
              chat: new ChatTemplate(directory),
              offsets: options.offsets,
              leftOut,
              batch: {
                most: 16,
                parameters: await countModelParameters(directory),
                passes: 8 + likelihoodPasses(options),
              },
              open: () =>
                openProbing(directory, { ...options, leftOut, referenceDirectory: reference }, session),
            },
            claim,
            session,
          );
          session.say(`Probed the secrets of ${counted(written, 'record')}.`);
        },
        { whenInterrupted: RECORDS_INTERRUPTED },
      ),
    );
}

async function openProbing(
  directory: string,
  options: Options & { readonly leftOut: LeftOut; readonly referenceDirectory: string | undefined },
  session: Session,
): Promise<RecordWork> {
  const { el, prefixTokens, secretTokens } = options;
  const { signal } = session;
  const model = await openModel(directory, options);
  const tokenizer = await openTokenizer(directory, model);
  const reader = { ...options, model, tokenizer, overlap: 'strict' as const };
  const likelihoods = await openLikelihoods(reader, session);
  return {
    passOver: (record) => void documentOf(record, reader),
    async process(batch, note) {
      const show = (event: ProgressEvent) => note(batchProgress(event, batch.length));
      const documents = batch.map((record) => documentOf(record, reader));
      const settings = { el, prefixTokens, secretTokens, signal };
      const { perExample } = await drain(measureSecrets(model, documents, settings), show);
      const likelihood = await likelihoods.of(batch, documents, show);
      const completions = await complete(model, tokenizer, documents, signal);
      return batch.map((record, i) => ({
        ...identityOf(record),
        ...figures(perExample[i]!.mean),
        secrets: describeSecrets(documents[i]!.spans, perExample[i]!.secrets).map((secret, j) => ({
          ...secret,
          ...likelihood[i]![j],
          completion: completions[i]![j],
        })),
      }));
    },
    async [Symbol.asyncDispose]() {
      await likelihoods[Symbol.asyncDispose]();
      await model.dispose();
    },
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
