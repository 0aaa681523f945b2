/** A small analysis in which every section has something to show, hostile text included. Figures are by hand. */
import type { MemorizationInput } from '../../../lib/report/memorization/input.js';
import { HOSTILE_LINE } from './generated.js';

export const FIRST = 'a'.repeat(32);
export const SECOND = 'b'.repeat(32);
const UNLISTED = 'c'.repeat(32);

export function sampleMemorization(changes: Partial<MemorizationInput> = {}): MemorizationInput {
  return {
    analysis: {
      version: 1,
      name: `model ${HOSTILE_LINE}`,
      counting: 'distinct',
      threshold: 2,
      outputs: { file: 'all_0-3', map: 'map_0-3.json', count: 4, lines: 30, withBlocks: 3 },
      shards: [{ log: 'logs/0', files: ['corpus/0', HOSTILE_LINE] }],
      fingerprints: 3,
      lengthDistribution: [
        { lines: 2, fingerprints: 2, places: 4 },
        { lines: 3, fingerprints: 1, places: 1 },
      ],
      correlation: {
        pearson: 0.5,
        spearman: null,
        slope: 2,
        intercept: -1,
        points: 3,
        sample: [
          [1, 1, 1],
          [2, 3, 2],
        ],
      },
      growth: {
        points: [
          { outputs: 2, fingerprints: 2 },
          { outputs: 4, fingerprints: 3 },
        ],
        fit: {
          model: 'heaps',
          parameters: { k: 1.4, beta: 0.58, r2: 1 },
          at: [{ outputs: 8, fingerprints: 4.68 }],
        },
      },
      outputsByLongestBlock: [
        { lines: 2, outputs: 2 },
        { lines: 3, outputs: 1 },
      ],
      categories: [
        { category: 'licence', fingerprints: 1, places: 3 },
        { category: 'documentation', fingerprints: 0, places: 0 },
        { category: 'imports', fingerprints: 0, places: 0 },
        { category: 'data', fingerprints: 0, places: 0 },
        { category: 'code', fingerprints: 2, places: 2 },
      ],
    },
    blocks: [
      {
        fingerprint: FIRST,
        lines: 2,
        train: 2,
        extract: 3,
        category: 'licence',
        text: `copyright\n${HOSTILE_LINE}\n`,
        texts: 2,
        outputs: [
          { id: '0', start: 2, end: 3 },
          { id: '1', start: 1, end: 2 },
        ],
        documents: [
          { shard: '0', id: 'd', path: `owner/${HOSTILE_LINE}.py`, licence: 'mit', start: 10, end: 11 },
          { shard: '0', start: 20, end: 21 },
        ],
      },
      {
        fingerprint: SECOND,
        lines: 3,
        train: 1,
        extract: 1,
        category: 'code',
        text: 'x = 1\ny = 2\nz = 3\n',
        texts: 1,
        outputs: [{ id: '2', start: 1, end: 3 }],
        documents: [
          { shard: '0', id: 'd', path: `owner/${HOSTILE_LINE}.py`, licence: 'mit', start: 30, end: 32 },
        ],
      },
    ],
    outputs: [
      {
        id: '0',
        md5: 'd'.repeat(32),
        lines: 4,
        spans: [
          { start: 2, end: 3, fingerprint: FIRST },
          { start: 3, end: 4, fingerprint: UNLISTED },
        ],
        text: `plain\ncopyright\n${HOSTILE_LINE}\nend`,
      },
    ],
    ranking: {
      version: 1,
      outputs: 4,
      memorized: 3,
      scores: [
        { name: 'low', precisionAt: [], auc: null, roc: [] },
        {
          name: HOSTILE_LINE,
          precisionAt: [{ n: 10, precision: 0.4 }],
          auc: 0.75,
          roc: [
            [0, 0],
            [0.5, 1],
            [1, 1],
          ],
        },
      ],
    },
    run: {
      version: 1,
      command: 'analyze',
      options: { name: HOSTILE_LINE, counting: 'distinct', list: [1, 2] },
      versions: { lethe: '0.1.0' },
      inputs: [{ path: HOSTILE_LINE, digest: 'e'.repeat(64) }],
      startedAt: '2025-11-03T14:05:00Z',
      finishedAt: '2025-11-03T14:06:00Z',
      steps: [{ name: 'read', seconds: 3 }],
      peakMemoryBytes: 1e8,
      results: {},
    },
    ...changes,
  };
}
