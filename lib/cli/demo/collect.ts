/** First steps of the demo: the corpus, and what the scanner finds in it. */
import { buildShard } from '../../clones/corpus/shard.js';
import { writeJsonLines } from '../../data/json-lines.js';
import { scanDocuments } from '../../secrets/scan-documents.js';
import type { Secret } from '../../secrets/secret.js';
import type { SourceFile } from './choose-files.js';
import { type Corpus, makeCorpus } from './corpus.js';
import { copyId } from './found-blocks.js';
import type { LedgerStep } from './ledger.js';
import type { Workshop } from './workshop.js';

/** The corpus shard that clone detection searches. */
export const SHARD = 'corpus/0';

export function collectCorpus(
  { at, tokenizer, settings, seed }: Workshop,
  files: readonly SourceFile[],
): LedgerStep<never, Corpus> {
  return {
    name: 'collect code, plant secrets',
    options: [settings.corpus, settings.secrets],
    outputs: ['corpus'],
    run: async function* () {
      const corpus = makeCorpus(files, tokenizer, settings, seed);
      await writeJsonLines(at('corpus/documents.jsonl'), corpus.trained);
      await writeJsonLines(at('corpus/unseen.jsonl'), corpus.unseen);
      await writeJsonLines(at('corpus/planted.jsonl'), corpus.planted);
      const copies = corpus.trained.flatMap((document) =>
        Array.from({ length: document.copies }, (_, copy) => ({
          id: copyId(document.id, copy),
          text: document.text,
        })),
      );
      await buildShard(copies, at(SHARD));
      return corpus;
    },
  };
}

/** Secrets by document. Documents without any are not in it. */
export type FoundSecrets = Readonly<Record<string, readonly Secret[]>>;

export function scanCorpus(
  { at, signal }: Workshop,
  { trained }: Corpus,
): LedgerStep<{ readonly type: string }, FoundSecrets> {
  return {
    name: 'scan for secrets',
    options: {},
    outputs: ['secrets.jsonl'],
    run: async function* () {
      const found: { id: string; secrets: readonly Secret[] }[] = [];
      for await (const event of scanDocuments(trained, { signal })) {
        if (event.type === 'scanned' && event.document.secrets.length > 0)
          found.push({ id: event.document.id, secrets: event.document.secrets });
        yield event;
      }
      await writeJsonLines(at('secrets.jsonl'), found);
      return Object.fromEntries(found.map(({ id, secrets }) => [id, secrets]));
    },
  };
}
