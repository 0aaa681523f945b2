/** `lethe score`: log-probability, argmax hit and rank of every token of a document. */

import { Command } from 'commander';
import { counted } from '../../counted.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import { addIdleRules } from '../idle-options.js';
import { countModelParameters, locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import { addModelOptions, addRecordOptions, integerOption, type ModelOptions } from '../options.js';
import {
  claimRecords,
  FORMAT_IN_NAMES,
  RECORDS_INTERRUPTED,
  type RecordWork,
  runRecordJob,
} from '../records/record-job.js';
import { type RecordFormatName, sequenceOf } from '../records/records.js';
import { type Session, withSession } from '../session.js';

const HELP = `
Reads {id, text}, {id, tokens} or {id, messages} (rendered by the model's chat template) a line, writes {id, tokens, logprobs, hits, ranks}. The last three have an entry for
each of the tokens 2..T: its natural-log probability given what precedes it, 1 where it was the most likely token
(else 0), and its rank among all tokens (0: the most likely). Text is encoded with the tokens
around it that the tokenizer asks for, as transformers does: none for GPT-2, CodeGen and Qwen2.
--moments adds means and variances, entries for the same tokens: those of the natural-log probability under the model's
own distribution there. A mean is minus the entropy; (logprob - mean) / sqrt(variance) is the token's part in Min-K++.

Examples:
  lethe score --model codeparrot-small --input documents.jsonl --output scores.jsonl
  lethe score --model codeparrot-small --input documents.jsonl --output scores.jsonl --moments
  lethe score --model codeparrot-small --input documents.csv --output scores.csv
  echo '{"id": 1, "text": "import os"}' | lethe score --model codeparrot-small --input -`;

interface Options extends ModelOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly format?: RecordFormatName;
  readonly maxTokens?: number;
  readonly moments?: boolean;
}

export function createScoreCommand(): Command {
  const command = new Command('score')
    .summary('log-probability, argmax hit and rank of every token')
    .description('Scores every token of documents in one teacher-forced pass of a model.')
    .addOption(integerOption('--max-tokens <n>', 'cut longer records (default: refuse them)', { min: 1 }))
    .option('--moments', 'write means and variances of log-probability too, as Min-K++ needs them');
  return addIdleRules(addModelOptions(addRecordOptions(command)), FORMAT_IN_NAMES)
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          await using claim = await claimRecords('score', options);
          const directory = await locateModel(options, session);
          const written = await runRecordJob(
            {
              command: 'score',
              options: {
                maxTokens: options.maxTokens ?? null,
                moments: options.moments ?? false,
                dtype: options.dtype ?? 'float32',
              },
              model: directory,
              input: options.input,
              output: options.output,
              format: options.format,
              chat: new ChatTemplate(directory),
              ignoreSecrets: true,
              batch: { most: 64, parameters: await countModelParameters(directory) },
              open: () => openScoring(directory, options, session),
            },
            claim,
            session,
          );
          session.say(`Scored ${counted(written, 'record')}.`);
        },
        { whenInterrupted: RECORDS_INTERRUPTED },
      ),
    );
}

async function openScoring(directory: string, options: Options, session: Session): Promise<RecordWork> {
  const model = await openModel(directory, options);
  const tokenizer = await openTokenizerIfPresent(directory, model);
  const reader = { model, tokenizer, maxTokens: options.maxTokens };
  return {
    async process(batch) {
      const sequences = batch.map((record) => sequenceOf(record, reader));
      const scores = await model.score(sequences, { signal: session.signal });
      return scores.map(({ logprobs, hits, ranks, means, variances }, i) => ({
        id: batch[i]!.id,
        tokens: [...sequences[i]!],
        logprobs: [...logprobs],
        hits: [...hits],
        ranks: [...ranks],
        ...(options.moments ? { means: [...means], variances: [...variances] } : {}),
      }));
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
}
