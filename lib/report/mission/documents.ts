/** Documents of a mission token by token, and the loss and MA of retained and unseen code, from their scores. */
import * as z from 'zod';
import { recordIdSchema } from '../../data/record-id.js';
import { readJsonLines } from '../../data/text/json-lines.js';
import { exists } from '../../files.js';
import type { MissionPaths, Phase, ScoredSet } from '../../mission/paths.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { readSet, type SetRecord } from '../../sets/set-file.js';
import type { ReportCodeFigures, ReportDocument, ReportTokenScores } from '../input.js';

/** The page shows a few documents of each kind; the files hold all. */
const SHOWN = 2;

const scoreSchema = z.looseObject({
  id: recordIdSchema.transform(String),
  /** Of tokens 2..T. */
  logprobs: z.array(z.number().nullable()),
  hits: z.array(z.int().min(0).max(1)),
});
type Score = z.infer<typeof scoreSchema>;

const FILES = { retained: 'retained', unseen: 'unseen', forget: 'forgetSet' } as const;

export interface ScoredDocuments {
  readonly figures: ReportCodeFigures | undefined;
  readonly shown: readonly ReportDocument[];
}

/** A set that was scored before, and after if there was an after. @param chosen ids to show first */
export async function readScored(
  set: ScoredSet,
  paths: MissionPaths,
  tokenizer: Tokenizer,
  chosen: ReadonlySet<string> = new Set(),
): Promise<ScoredDocuments> {
  const before = await readScores(set, 'before', paths);
  if (before === undefined) return { figures: undefined, shown: [] };
  const after = await readScores(set, 'after', paths);
  const records = (await readSet(paths[FILES[set]])).map((record) => ({ ...record, id: String(record.id) }));
  const first = [...records].sort((a, b) => Number(chosen.has(b.id)) - Number(chosen.has(a.id)));
  return {
    figures: figuresOf(before, after),
    shown: first
      .slice(0, SHOWN)
      .map((record) => showDocument(record, set, tokenizer, before.get(record.id)!, after?.get(record.id))),
  };
}

async function readScores(
  set: ScoredSet,
  phase: Phase,
  paths: MissionPaths,
): Promise<Map<string, Score> | undefined> {
  const path = paths.scores(set, phase);
  if (!(await exists(path))) return undefined;
  const scores = new Map<string, Score>();
  for await (const score of readJsonLines(path, scoreSchema)) scores.set(score.id, score);
  return scores;
}

/** Means over all scored tokens for the loss, and over the documents for MA. */
function figuresOf(
  before: ReadonlyMap<string, Score>,
  after: ReadonlyMap<string, Score> | undefined,
): ReportCodeFigures {
  const count = (scores: ReadonlyMap<string, Score>) =>
    [...scores.values()].reduce((sum, { hits }) => sum + hits.length, 0);
  const loss = (scores: ReadonlyMap<string, Score>) => {
    const logprobs = [...scores.values()].flatMap((score) => score.logprobs);
    return logprobs.some((value) => value === null)
      ? null
      : -logprobs.reduce<number>((sum, value) => sum + value!, 0) / logprobs.length;
  };
  const accuracy = (scores: ReadonlyMap<string, Score>) => {
    const known = [...scores.values()].filter(({ hits }) => hits.length > 0);
    const shares = known.map(({ hits }) => hits.reduce((sum, hit) => sum + hit, 0) / hits.length);
    return shares.reduce((sum, value) => sum + value, 0) / shares.length;
  };
  return {
    documents: before.size,
    tokens: count(before),
    loss: { before: loss(before), after: after === undefined ? null : loss(after) },
    memorizationAccuracy: { before: accuracy(before), after: after === undefined ? null : accuracy(after) },
  };
}

function showDocument(
  { id, text, secrets = [] }: SetRecord & { readonly id: string },
  role: ReportDocument['role'],
  tokenizer: Tokenizer,
  before: Score,
  after: Score | undefined,
): ReportDocument {
  const { tokens, offsets } = tokenizer.encode(text, { addSpecialTokens: true });
  // Tokens around the text hold no character of it.
  let [first, last] = [0, tokens.length - 1];
  while (first <= last && offsets[2 * first + 1] === 0) first++;
  while (last >= first && offsets[2 * last + 1] === 0) last--;
  const pick = ({ logprobs, hits }: Score): ReportTokenScores => ({
    logprobs: logprobs.slice(first, last).map((value) => value && Number(value.toFixed(4))),
    hits: hits.slice(first, last),
  });
  return {
    id,
    role,
    text,
    offsets: [...offsets.subarray(2 * first, 2 * (last + 1))],
    before: pick(before),
    after: after === undefined ? null : pick(after),
    secrets: secrets.map(({ start, end, type }) => ({ start, end, type })),
  };
}
