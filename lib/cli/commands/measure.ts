/** `lethe measure`: how much of each document, and of each secret in it, a model has memorized. */

import { Command, Option } from 'commander';
import { counted } from '../../counted.js';
import { LeftOut } from '../../data/left-out.js';
import { measureMemorization } from '../../memorization/measure.js';
import { measureSecrets, type SecretDocument } from '../../memorization/measure-secrets.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { ProgressEvent } from '../../progress.js';
import { drain } from '../../progress.js';
import { type EncodeApartOptions, encodeApart } from '../../secrets/encode-apart.js';
import type { Overlap } from '../../secrets/token-mask.js';
import { addIdleRules, type IdleRule } from '../idle-options.js';
import { countModelParameters, locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import { addModelOptions, addRecordOptions, type ModelOptions } from '../options.js';
import {
  claimRecords,
  FORMAT_IN_NAMES,
  RECORDS_INTERRUPTED,
  type RecordWork,
  runRecordJob,
} from '../records/record-job.js';
import type { InputRecord, RecordFormatName } from '../records/records.js';
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
Reads {id, text} or {id, tokens} a line, with "secrets" as \`lethe secrets scan\` writes them if they are to be measured,
and writes {id, ma, el3, el5, el10, extractionStrength}. All values lie in 0..1; more means more memorized; null means
that there was nothing to predict. A record with secrets gets {tag, type, start, end, ma, ...} for each of them as
well: of its first 32 tokens, after up to 128 tokens of what precedes it; those beyond --max-tokens
are left out, counted and said. --encoding apart measures as the published probe does:
the value and the text before it are tokenized each by itself, and first and last, its tokens in the document, are left out.

The published target length is 128 tokens: add --max-tokens 128 to compare. docs/metrics.md has the definitions.
forget.jsonl stands for records of {id, text, secrets}, as \`lethe demo\` and the forget sets have them.

Examples:
  lethe measure --model codeparrot-small --input documents.jsonl --output measures.jsonl --el 3,5,10 --max-tokens 128
  lethe measure --model codeparrot-small --input forget.jsonl --max-tokens 512`;

interface Options extends ModelOptions, ProbingOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly format?: RecordFormatName;
  readonly overlap: Overlap;
  readonly encoding: 'in-place' | 'apart';
}

/** Apart, a secret's tokens are its own: there are no neighbours to take along. */
const OVERLAP_APART: IdleRule = {
  options: ['overlap'],
  beside: ({ encoding }) => (encoding === 'apart' ? 'with --encoding apart' : undefined),
};

export function createMeasureCommand(): Command {
  const command = new Command('measure')
    .summary('MA, EL_n and extraction strength of documents and their secrets')
    .description('Measures how much of each document, and of each secret in it, a model has memorized.')
    .addOption(
      new Option(
        '--overlap <rule>',
        'which tokens belong to a secret: strict overlap, or as published, neighbours too',
      )
        .choices(['strict', 'published'])
        .default('strict'),
    )
    .addOption(
      new Option(
        '--encoding <kind>',
        'tokens of a secret: in-place, those of its document, or apart, as published: value and text before it by themselves',
      )
        .choices(['in-place', 'apart'])
        .default('in-place'),
    );
  addIdleRules(command, OVERLAP_APART, FORMAT_IN_NAMES);
  return addModelOptions(addRecordOptions(addProbingOptions(command)))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          await using claim = await claimRecords('measure', options);
          const directory = await locateModel(options, session);
          const { el, overlap, encoding, offsets } = options;
          const leftOut = new LeftOut();
          const written = await runRecordJob(
            {
              command: 'measure',
              options: {
                ...probingSettings(options),
                ...{ overlap, encoding, dtype: options.dtype ?? 'float32' },
              },
              model: directory,
              input: options.input,
              output: options.output,
              format: options.format,
              chat: new ChatTemplate(directory),
              offsets,
              columns: ['id', 'ma', ...el.map((n) => `el${n}`), 'extractionStrength', 'secrets'],
              batch: { most: 16, parameters: await countModelParameters(directory), passes: 8 },
              leftOut,
              open: () => openMeasuring(directory, { ...options, leftOut }, session),
            },
            claim,
            session,
          );
          session.say(`Measured ${counted(written, 'record')}.`);
        },
        { whenInterrupted: RECORDS_INTERRUPTED },
      ),
    );
}

async function openMeasuring(
  directory: string,
  options: Options & { readonly leftOut: LeftOut },
  session: Session,
): Promise<RecordWork> {
  const { el, prefixTokens, secretTokens, encoding } = options;
  const settings = { el, prefixTokens, secretTokens };
  const { signal } = session;
  const model = await openModel(directory, options);
  const tokenizer = await openTokenizerIfPresent(directory, model);
  const reader = { ...options, model, tokenizer };
  return {
    passOver: (record) => void documentOf(record, reader),
    async process(batch, note) {
      const show = (event: ProgressEvent) => note(batchProgress(event, batch.length));
      const documents = batch.map((record) => documentOf(record, reader));
      const sequences = documents.map(({ tokens }) => tokens);
      const whole = await drain(measureMemorization(model, sequences, { el, signal }), show);
      const probes = documents.map((document, i) =>
        encoding === 'in-place' ? [document] : probesApart(document, batch[i]!, tokenizer!, settings),
      );
      const probing = measureSecrets(model, probes.flat(), { ...settings, signal });
      const { perExample } = await drain(probing, show);
      let next = 0;
      return batch.map((record, i) => {
        const measured = probes[i]!.flatMap(() => perExample[next++]!.secrets);
        return {
          id: record.id,
          ...figures(whole.perExample[i]!),
          ...(documents[i]!.hasSecrets
            ? { secrets: describeSecrets(documents[i]!.spans, measured, encoding === 'apart') }
            : {}),
        };
      });
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
}

/** A document for each secret that lies before the cut; none for records that bring tokens, which have no secrets. */
function probesApart(
  { id, spans }: MeasuredDocument,
  { text }: InputRecord,
  tokenizer: Tokenizer,
  limits: EncodeApartOptions,
): SecretDocument[] {
  return spans.map(({ secret }) => {
    const { tokens, first, last } = encodeApart(text!, secret!, tokenizer, limits);
    return { id, tokens, spans: [{ first, last }] };
  });
}
