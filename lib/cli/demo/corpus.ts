/** The demo's data: real code, cut short, with made-up secrets in some of it, and code that the model never sees. */
import type { Document } from '../../data/documents.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { Secret } from '../../secrets/secret.js';
import { splitHoldout } from '../../sets/holdout.js';
import { plantSecrets } from '../../sets/plant-secrets.js';
import { cleanUnseen } from '../../sets/unseen.js';
import { keepDistinct, type SourceFile } from './choose-files.js';
import type { DemoSettings } from './settings.js';

export interface CorpusDocument extends Document {
  readonly licence: string;
  /** How often the training corpus holds it. */
  readonly copies: number;
}

export interface Corpus {
  readonly trained: readonly CorpusDocument[];
  readonly unseen: readonly CorpusDocument[];
  /** What the scanner is to find; nothing but the count of what it found looks at this. */
  readonly planted: readonly { readonly id: string; readonly secrets: readonly Secret[] }[];
}

/** Chooses, cuts, splits and plants. The same files and seed give the same corpus. */
export function makeCorpus(
  files: readonly SourceFile[],
  tokenizer: Tokenizer,
  { corpus, secrets }: DemoSettings,
  seed: number,
): Corpus {
  const { minTokens, codeTokens, maxSharedLines, trained, unseen } = corpus;
  const licences = new Map(files.map(({ id, licence }) => [id, licence]));
  const long = cleanUnseen(files.filter(isAscii), {
    // Longer files are cut below, so no more of them is counted than says that they are long enough.
    countTokens: (text) => tokenizer.encode(text, { maxTokens: minTokens + 1 }).tokens.length,
    moreThan: minTokens,
    fewerThan: minTokens + 2,
    seed,
  });
  const cut = long.map((document) => ({
    ...document,
    text: firstLines(document.text, tokenizer, codeTokens),
  }));
  const distinct = keepDistinct(cut, maxSharedLines).slice(0, trained + unseen);
  const split = splitHoldout(distinct, { count: unseen, seed });
  const { documents, planted } = plantSecrets(split.train, {
    seed,
    count: secrets.documents,
    perDocument: secrets.perDocument,
  });
  const sensitive = new Set(planted.map(({ id }) => id));
  const describe = ({ id, text }: Document, copies: number): CorpusDocument => ({
    id,
    text,
    licence: licences.get(id)!,
    copies,
  });
  return {
    trained: documents.map((each) => describe(each, sensitive.has(each.id) ? secrets.copies : 1)),
    unseen: split.holdout.map((each) => describe(each, 0)),
    planted,
  };
}

/** The shipped vocabulary was learned on English code: other scripts would be spelled byte by byte. */
function isAscii({ text }: SourceFile): boolean {
  return !/[^\t\n\r -~]/.test(text);
}

/** Whole lines of at most `maxTokens` tokens. */
function firstLines(text: string, tokenizer: Tokenizer, maxTokens: number): string {
  const { tokens, offsets, truncated } = tokenizer.encode(text, { maxTokens });
  if (!truncated) return text;
  const end = offsets[2 * tokens.length - 1]!;
  return text.slice(0, text.lastIndexOf('\n', end - 1) + 1);
}
