/** The report's part on sampled outputs, from the analyses of a mission before and after. */
import { join } from 'node:path';
import { type LineSpan, readOutputsMap } from '../../clones/log/locate.js';
import { readCorpusManifest } from '../../data/corpus/manifest.js';
import { readShardMap, type ShardEntry } from '../../data/corpus/shard-map.js';
import { readTextPieces } from '../../data/text/plain-bytes.js';
import { exists } from '../../files.js';
import {
  type Analysis,
  analysisPaths,
  type FingerprintRecord,
  type OutputRecord,
  readAnalysedOutputs,
  readAnalysis,
  readFingerprints,
} from '../../memorization/analysis/summary.js';
import type { Mission } from '../../mission/mission.js';
import { type MissionPaths, PHASES, type Phase } from '../../mission/paths.js';
import type {
  ReportBlock,
  ReportCampaign,
  ReportClones,
  ReportCorpusDocument,
  ReportOutput,
  ReportSource,
} from '../input.js';

/** The page shows some of what the files hold. */
const SHOWN = { blocks: 200, outputs: 12, documents: 60, documentBytes: 2 ** 15 };

/** Undefined where no samples were analysed. */
export async function readClones(mission: Mission, paths: MissionPaths): Promise<ReportClones | undefined> {
  const before = await readPhase(paths, 'before');
  if (before === undefined) return undefined;
  const after = await readPhase(paths, 'after');
  const blocks = mergeBlocks(before.fingerprints, after?.fingerprints);
  const corpus = await openCorpus(paths.corpus, [...before.fingerprints, ...(after?.fingerprints ?? [])]);
  const outputs: ReportOutput[] = [];
  for (const phase of PHASES) {
    const found = { before, after }[phase];
    if (found !== undefined) outputs.push(...(await showOutputs(paths, phase, found, corpus)));
  }
  const { count, maxTokens, temperature = 1, topK = 40, prompt } = mission.samples;
  return {
    threshold: mission.clones.threshold ?? 6,
    corpus: { documents: corpus.documents, lines: corpus.lines },
    sampling: `${count} outputs of at most ${maxTokens} tokens, temperature ${temperature}, top-k ${topK}, ${prompt === undefined ? 'no prompt' : 'after a prompt'}`,
    before: campaignOf(before.analysis),
    after: after === undefined ? null : campaignOf(after.analysis),
    blocks: blocks.slice(0, SHOWN.blocks).map(
      ({ record, counts }): ReportBlock => ({
        fingerprint: record.fingerprint,
        lines: record.lines,
        text: record.text.trimEnd(),
        outputs: counts,
        corpus: record.train,
        sources: corpus.sourcesOf(record),
      }),
    ),
    outputs,
    documents: corpus.shown,
  };
}

/** What the logs call equal and is not as text was left out: said, and counted. */
export async function notesOnBlocks(paths: MissionPaths): Promise<string[]> {
  const found = await readPhase(paths, 'before');
  const { groups = 0, unchecked = 0 } = found?.analysis.agreement ?? {};
  return [
    ...(groups === 0
      ? []
      : [`${groups} blocks of the clone log before are equal by hash and not as text; they are left out.`]),
    ...(unchecked === 0 ? [] : [`${unchecked} blocks of it could not be compared as text.`]),
  ];
}

interface AnalysedPhase {
  readonly analysis: Analysis;
  readonly fingerprints: readonly FingerprintRecord[];
  readonly outputs: readonly OutputRecord[];
}

async function readPhase(paths: MissionPaths, phase: Phase): Promise<AnalysedPhase | undefined> {
  const directory = paths.analysis(phase);
  if (!(await exists(analysisPaths(directory).analysis))) return undefined;
  const outputs: OutputRecord[] = [];
  for await (const output of readAnalysedOutputs(directory)) outputs.push(output);
  const fingerprints: FingerprintRecord[] = [];
  for await (const record of readFingerprints(directory)) fingerprints.push(record);
  return { analysis: await readAnalysis(directory), fingerprints, outputs };
}

function campaignOf({ outputs, fingerprints, lengthDistribution }: Analysis): ReportCampaign {
  return {
    outputs: outputs.count,
    memorizedOutputs: outputs.withBlocks,
    blocks: fingerprints,
    lengths: lengthDistribution.map((each) => [each.lines, each.fingerprints] as const),
  };
}

interface CountedBlock {
  readonly record: FingerprintRecord;
  readonly counts: { readonly before: number; readonly after: number | null };
}

/** Both phases' blocks, those of before first. */
function mergeBlocks(
  before: readonly FingerprintRecord[],
  after: readonly FingerprintRecord[] | undefined,
): CountedBlock[] {
  const left = new Map(after?.map((record) => [record.fingerprint, record]));
  const known = before.map((record): CountedBlock => {
    const again = left.get(record.fingerprint)?.extract ?? 0;
    left.delete(record.fingerprint);
    return { record, counts: { before: record.extract, after: after === undefined ? null : again } };
  });
  const anew = [...left.values()].map(
    (record): CountedBlock => ({ record, counts: { before: 0, after: record.extract } }),
  );
  return [...known, ...anew];
}

/** Outputs that hold memorized blocks, most of them first. */
async function showOutputs(
  paths: MissionPaths,
  phase: Phase,
  { outputs, fingerprints }: AnalysedPhase,
  corpus: OpenCorpus,
): Promise<ReportOutput[]> {
  const records = new Map(fingerprints.map((record) => [record.fingerprint, record]));
  const chosen = [...outputs]
    .sort((a, b) => b.spans.length - a.spans.length || Number(a.id) - Number(b.id))
    .slice(0, SHOWN.outputs);
  const entries = new Map((await readOutputsMap(paths.map(phase))).map((entry) => [entry.id, entry]));
  const texts = await readSpans(
    paths.merged(phase),
    chosen.map(({ id }) => entries.get(id)!),
  );
  return chosen.map(({ id, spans }) => ({
    id,
    phase,
    text: texts.get(entries.get(id)!)!,
    spans: spans.map(({ start, end, fingerprint }) => ({
      startLine: start,
      endLine: end,
      fingerprint,
      sources: corpus.sourcesOf(records.get(fingerprint)!),
    })),
  }));
}

interface OpenCorpus {
  readonly documents: number;
  readonly lines: number;
  /** A few of the documents that blocks come from. */
  readonly shown: readonly ReportCorpusDocument[];
  readonly sourcesOf: (record: FingerprintRecord) => ReportSource[];
}

/** The corpus as far as blocks come from it. Documents with the same text are one source, called by the first. */
async function openCorpus(directory: string, blocks: readonly FingerprintRecord[]): Promise<OpenCorpus> {
  const { documents = 0, lines = 0 } = (await readCorpusManifest(directory)) ?? {};
  const shard = join(directory, '0');
  const entries = await readShardMap(shard);
  const byMd5 = new Map<string, ShardEntry>();
  for (const entry of entries) if (!byMd5.has(entry.md5)) byMd5.set(entry.md5, entry);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));

  const wanted = new Map<string, ShardEntry>();
  const sources = new Map<string, ReportSource[]>();
  for (const { fingerprint, documents: places } of blocks) {
    const found = new Map<string, ReportSource>();
    for (const { id, start, end } of places) {
      const entry = id === undefined ? undefined : byId.get(id);
      if (entry === undefined) continue;
      const first = byMd5.get(entry.md5)!;
      const source = {
        document: first.id,
        startLine: Math.max(start, entry.start) - entry.start + 1,
        endLine: Math.min(end, entry.end) - entry.start + 1,
      };
      found.set(JSON.stringify(source), source);
      if (wanted.size < SHOWN.documents) wanted.set(first.id, first);
    }
    sources.set(fingerprint, [...found.values()]);
  }
  const texts = await readSpans(shard, [...wanted.values()]);
  return {
    documents,
    lines,
    shown: [...wanted.values()].flatMap((entry): ReportCorpusDocument[] => {
      const text = texts.get(entry)!;
      if (text.length > SHOWN.documentBytes) return [];
      const { id, path, licence } = entry;
      return [
        { id, text, ...(path === undefined ? {} : { path }), ...(licence === undefined ? {} : { licence }) },
      ];
    }),
    sourcesOf: ({ fingerprint }) => sources.get(fingerprint) ?? [],
  };
}

/** The texts of a shard's documents or of merged outputs, without the last line, which is a digest. */
async function readSpans<Span extends LineSpan>(
  file: string,
  entries: readonly Span[],
): Promise<Map<Span, string>> {
  const ordered = [...entries].sort((a, b) => a.start - b.start);
  const texts = new Map<Span, string>();
  let next = 0;
  let lines: string[] = [];
  let number = 0;
  for await (const line of linesOf(file)) {
    const entry = ordered[next];
    if (entry === undefined) break;
    number++;
    if (number < entry.start) continue;
    if (number < entry.end) lines.push(line);
    else {
      texts.set(entry, lines.join('\n').trimEnd());
      lines = [];
      next++;
    }
  }
  return texts;
}

/** Lines as clone detection counts them: they end at \n, \r or \r\n only. */
async function* linesOf(path: string): AsyncGenerator<string, void> {
  let rest = '';
  for await (const piece of readTextPieces(path)) {
    const text = rest + piece;
    // A \r at the end may be half of a \r\n.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\r|\n/);
    rest = lines.pop()! + text.slice(end);
    yield* lines;
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
}
