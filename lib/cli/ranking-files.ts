/** Where `lethe rank` writes: its output, the verdicts on its scores, and what it keeps of a run that goes to a pipe. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestFile, digestText } from '../data/digest.js';
import { type ClaimedPlace, claimOutputs, type OutputClaim } from '../data/outputs/claim.js';
import { readRunRecord, runRecordPath } from '../data/outputs/run-manifest.js';
import { followLinks, isStream, writeFileAtomic } from '../files.js';
import type { OutputSource } from '../memorization/ranking/outputs.js';
import type { RankedOutputs } from '../memorization/ranking/rank.js';
import { RANKING_FILE } from '../memorization/ranking/records.js';
import type { Session } from './session.js';

interface RankingOptions {
  readonly output: string;
  readonly ranking?: string;
  readonly model: string;
  readonly model2?: string;
  readonly log?: readonly string[];
  readonly map?: readonly string[];
  readonly force?: boolean;
}

export interface RankingFiles extends AsyncDisposable {
  /** On the output. */
  readonly claim: OutputClaim;
  /** Where precision and AUC go; undefined where there is no place for them. */
  readonly rankingPath: string | undefined;
  /** What an earlier run of this output left there. */
  readonly stalePath: string | undefined;
}

/** The output and, where there are verdicts, its neighbour, which is replaced as long as it is this output's own. */
export async function claimRanking(options: RankingOptions, source: OutputSource): Promise<RankingFiles> {
  const { output, force } = options;
  const inputs = [
    ...source.parts.map((path) => ({ option: '--outputs', path })),
    { option: '--model', path: options.model },
    ...(options.model2 === undefined ? [] : [{ option: '--model2', path: options.model2 }]),
    ...(options.log ?? []).map((path) => ({ option: '--log', path })),
    ...(options.map ?? []).map((path) => ({ option: '--map', path })),
  ];
  const stream = await isStream(output);
  const rankingPath = options.ranking ?? (stream ? undefined : join(dirname(output), RANKING_FILE));
  const record = await readRunRecord(runRecordPath(await followLinks(output), 'file')).catch(() => undefined);
  const ownDigest = (record?.results.ranking as { readonly digest?: string } | undefined)?.digest;
  const isOwn = async (path: string) =>
    ownDigest !== undefined && (await digestFile(path).catch(() => undefined)) === ownDigest;
  const places: ClaimedPlace[] = [{ option: '--output', path: output, kind: 'file' }];
  if (options.log !== undefined && rankingPath !== undefined)
    places.push({
      option: '--ranking',
      path: rankingPath,
      kind: 'file',
      isOwn: () => isOwn(rankingPath),
    });
  const claims = await claimOutputs({ command: 'rank', outputs: places, inputs, force });
  return {
    claim: claims.outputs[0]!,
    rankingPath,
    stalePath: rankingPath !== undefined && (await isOwn(rankingPath)) ? rankingPath : undefined,
    [Symbol.asyncDispose]: () => claims[Symbol.asyncDispose](),
  };
}

/** Writes the verdicts, or removes stale ones, and returns what the record is to say of them. */
export async function writeRanking(
  { rankingPath, stalePath }: RankingFiles,
  { ranking }: RankedOutputs,
  session: Session,
): Promise<{ readonly ranking?: { readonly path: string; readonly digest: string } }> {
  if (ranking !== undefined) {
    if (rankingPath === undefined) {
      session.say(
        `${RANKING_FILE} was not written: nothing stands beside a pipe or a device. Name it by --ranking.`,
      );
      return {};
    }
    const text = `${JSON.stringify(ranking)}\n`;
    await writeFileAtomic(rankingPath, text);
    return { ranking: { path: rankingPath, digest: digestText(text) } };
  }
  // It would say of other scores how good they are.
  if (stalePath !== undefined) {
    await rm(stalePath, { force: true });
    session.say(`Removed ${stalePath} of an earlier run: without a clone log there are no verdicts.`);
  }
  return {};
}

/** A file in a directory of its own, which goes with it. */
export async function temporaryFile(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-'));
  return {
    path: join(directory, name),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
