/** What the page shows, from the directory of an analysis: never more of it in memory than the page holds. */
import { access } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { check } from '../../check.js';
import { RUN_MANIFEST_FILE, type RunManifest, readRunManifest } from '../../data/outputs/run-manifest.js';
import { InputError } from '../../errors.js';
import { readOptionalJsonFile } from '../../files.js';
import { OutputsText } from '../../memorization/analysis/outputs-text.js';
import {
  type Analysis,
  type FingerprintRecord,
  type OutputRecord,
  readAnalysedOutputs,
  readAnalysis,
  readFingerprints,
} from '../../memorization/analysis/summary.js';
import { RANKING_FILE, type Ranking, rankingSchema } from '../../memorization/ranking/records.js';
import { chooseOutputs } from './choose-outputs.js';
import { type MemorizationInput, PAGE_LIMITS, type PageLimits, type ShownOutput } from './input.js';

/**
 * Reads `analysis.json`, `fingerprints.jsonl` and `outputs.jsonl`, the outputs that they name, and `ranking.json` and
 * `run.json` where present. If the outputs are no longer there, `outputsMissing` says so, and the rest is read.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, `ERR_INVALID_OPTION`
 */
export async function readMemorization(
  directory: string,
  limits: PageLimits = PAGE_LIMITS,
): Promise<MemorizationInput> {
  const analysis = await readAnalysis(directory);
  const blocks = await readBlocks(directory, limits);
  const chosen = await chooseOutputs(readAnalysedOutputs(directory), blocks, limits.outputs);
  const shown = await readOutputs(directory, analysis, chosen, limits);
  return { analysis, blocks, ...shown, ranking: await readRanking(directory), run: await readRun(directory) };
}

async function readBlocks(directory: string, limits: PageLimits): Promise<FingerprintRecord[]> {
  const blocks: FingerprintRecord[] = [];
  let room = limits.blockText;
  for await (const block of readFingerprints(directory)) {
    room -= Math.min(block.text.length, limits.textPerBlock);
    if (blocks.length === limits.blocks || room < 0) break;
    blocks.push(block);
  }
  return blocks;
}

async function readOutputs(
  directory: string,
  { outputs: { file, map } }: Analysis,
  chosen: readonly OutputRecord[],
  limits: PageLimits,
): Promise<Pick<MemorizationInput, 'outputs' | 'outputsMissing'>> {
  if (chosen.length === 0) return { outputs: [] };
  let text: OutputsText;
  try {
    text = await OutputsText.load(await locate(directory, file), await locate(directory, map));
  } catch (error) {
    // The analysis may have been carried to another machine without the outputs; its figures stand all the same.
    if (error instanceof InputError) return { outputs: [], outputsMissing: error.message };
    throw error;
  }
  const entries = new Map(text.entries.map((entry) => [entry.id, entry]));
  const outputs: ShownOutput[] = [];
  let room = limits.outputText;
  for (const record of chosen) {
    const entry = entries.get(record.id);
    if (entry === undefined || entry.md5 !== record.md5) {
      return {
        outputs: [],
        outputsMissing: `Expected output ${record.id} with md5 ${record.md5} in ${map} but found ${entry?.md5 ?? 'none'}: the outputs are not those that were analysed.`,
      };
    }
    // The last line of an entry is its separator.
    const lines = entry.end > entry.start ? text.text(entry.start, entry.end - 1).slice(0, -1) : '';
    room -= Math.min(lines.length, limits.textPerOutput);
    if (room < 0) break;
    outputs.push({ ...record, text: lines });
  }
  return { outputs };
}

/** Where it was when it was analysed, or beside the analysis. */
async function locate(directory: string, path: string): Promise<string> {
  const beside = join(directory, basename(path));
  const places = isAbsolute(path) ? [path, beside] : [path, join(directory, path), beside];
  for (const place of places) {
    try {
      await access(place);
      return place;
    } catch {
      // Not there: the next place. None at all is reported by whoever opens the first.
    }
  }
  return path;
}

async function readRanking(directory: string): Promise<Ranking | undefined> {
  const path = join(directory, RANKING_FILE);
  const value = await readOptionalJsonFile(path);
  return value === undefined ? undefined : check(rankingSchema, value, path);
}

async function readRun(directory: string): Promise<RunManifest | undefined> {
  if ((await readOptionalJsonFile(join(directory, RUN_MANIFEST_FILE))) === undefined) return undefined;
  return readRunManifest(directory);
}
