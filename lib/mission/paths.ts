/** Where a mission's files lie: each stage has a directory of its own, so that each has its own run.json. */
import { join } from 'node:path';
import type { Mission } from './mission.js';

/** Before and after unlearning, as names of files and stages say it. */
export const PHASES = ['before', 'after'] as const;
export type Phase = (typeof PHASES)[number];

/** The sets whose tokens are scored before and after. */
export const SCORED_SETS = ['retained', 'unseen', 'forget'] as const;
export type ScoredSet = (typeof SCORED_SETS)[number];

/** The mission as it was run, for `lethe report`. */
export const MISSION_FILE = 'mission.json';

/** Paths of a mission's files, below its directory. */
export type MissionPaths = ReturnType<typeof missionPaths>;

export function missionPaths({ directory, samples }: Pick<Mission, 'directory' | 'samples'>) {
  const at = (...parts: readonly string[]) => join(directory, ...parts);
  const range = `0-${samples.count - 1}`;
  return {
    directory,
    corpus: at('corpus'),
    secrets: at('secrets', 'secrets.jsonl'),
    /** Documents with secrets, to be probed. */
    candidates: at('candidates', 'documents.jsonl'),
    /** Documents without, of which the retained set is drawn. */
    retained: at('retained', 'documents.jsonl'),
    unseen: at('unseen', 'documents.jsonl'),
    thresholds: at('thresholds', 'thresholds.json'),
    forgetSet: at('forget', 'group-0.jsonl'),
    forget: at('forget'),
    retain: at('retain'),
    retainSet: at('retain', 'retain.jsonl'),
    unlearned: at('unlearned'),
    report: at('report.html'),
    reportData: at('report.json'),
    outputs: (phase: Phase) => at(phase, 'outputs'),
    merged: (phase: Phase) => at(phase, 'outputs', `all_${range}`),
    map: (phase: Phase) => at(phase, 'outputs', `map_${range}.json`),
    clones: (phase: Phase) => at(phase, 'clones', 'clones.log'),
    analysis: (phase: Phase) => at(phase, 'analysis'),
    ranking: (phase: Phase) => at(phase, 'ranking', 'ranking.jsonl'),
    probes: (phase: Phase) => at(phase, 'probes', 'probes.jsonl'),
    scores: (set: ScoredSet, phase: Phase) => at(phase, `scores-${set}`, 'scores.jsonl'),
  };
}
