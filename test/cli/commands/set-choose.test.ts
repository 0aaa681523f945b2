import { describe, expect, test } from 'vitest';
import { lethe, workspace, writeLines } from '../run-cli.js';

const secret = { tag: 'KEY', type: 'key', value: 'k', start: 0, end: 1, first: 0, last: 9 };
const probed = (id: string | number) => ({ id, text: `k of ${id}`, ma: 1, secrets: [secret] });
const score = (id: string | number) => ({ id, hits: [1, 1] });

describe('ids that two records share are refused, numbers and strings alike', () => {
  test.each([
    ['set forget', [probed('a'), probed('a')], undefined],
    ['set forget', [probed(7), probed('7')], undefined],
    ['set retain', [probed('a'), probed('a')], [score('a')]],
    ['set retain', [probed('a')], [score('a'), score('a')]],
  ])('%s', async (command, records, scores) => {
    await using space = await workspace();
    await writeLines(space.at('in.jsonl'), records);
    if (scores !== undefined) await writeLines(space.at('scores.jsonl'), scores);
    const { code, stderr } = await lethe([
      ...[...command.split(' '), '--input', space.at('in.jsonl'), '--output', space.at('out'), '--size', '1'],
      ...(scores === undefined ? ['--min-tokens', '1'] : ['--scores', space.at('scores.jsonl')]),
    ]);
    expect(stderr).toMatch(/Expected an id of its own for the record in .*\.jsonl(?:, record| line) 2/);
    expect(code).toBe(1);
  });
});
