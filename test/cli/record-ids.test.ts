/** Ids that are whole numbers of any length come out of every command with records as they went in. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonText } from '../../lib/json.js';
import { Random } from '../../lib/random.js';
import { lethe, workspace, writeTinyModel } from './run-cli.js';

const KEY = 'AKIAQYLPMN5HFIQR7XYA';
let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
});

afterAll(() => space[Symbol.asyncDispose]());

/** Whole numbers of 1 to 30 digits, of both signs, those around 2^53 among them. */
function drawIds(seed: number): string[] {
  const random = new Random(seed);
  const drawn = Array.from({ length: 12 }, () => {
    const digits = Array.from({ length: 1 + random.integer(29) }, () => random.integer(10)).join('');
    return `${random.integer(2) === 0 ? '-' : ''}1${digits}`;
  });
  return [
    ...new Set([...drawn, '9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993']),
  ];
}

/** As they stand in the text, which no parser has rounded. */
const idsIn = (text: string) => [...text.matchAll(/^\{"id":([^,]+),/gm)].map((match) => match[1]!);

async function idsOf(args: string[], output: string): Promise<string[]> {
  const { code, stderr } = await lethe(args);
  expect(code, stderr).toBe(0);
  return idsIn(await readFile(output, 'utf8'));
}

test('ids keep their digits and their type in every command', async () => {
  const ids = drawIds(1);
  const at = (name: string) => space.at(name);
  const records = ids.map((id, i) => {
    const text = `k${i} = "${KEY}"`;
    const start = text.indexOf(KEY);
    const secret = { tag: 'KEY', type: 'AWS', value: KEY, start, end: start + KEY.length };
    return `{"id": ${id}, "text": ${JSON.stringify(text)}, "secrets": [${JSON.stringify(secret)}]}`;
  });
  await writeFile(at('lines.jsonl'), records.join('\n'));
  await writeFile(at('array.json'), `[${records.join(',\n')}]`);
  await writeFile(at('plain.jsonl'), ids.map((id, i) => `{"id": ${id}, "text": "a = ${i} + 1"}`).join('\n'));
  const model = ['--model', space.at('model')];
  const files = (input: string, output: string) => ['--input', at(input), '--output', at(output)];

  const greedy = ['--max-tokens', '2'];
  const ran = (command: string[], input: string, output: string) =>
    idsOf([...command, ...files(input, output)], at(output));
  expect(await ran(['score', ...model], 'array.json', 'scores.jsonl')).toEqual(ids);
  expect(await ran(['generate', ...model, ...greedy], 'lines.jsonl', 'out.jsonl')).toEqual(ids);
  expect(await ran(['measure', ...model], 'lines.jsonl', 'ma.jsonl')).toEqual(ids);
  expect(await ran(['secrets', 'scan'], 'lines.jsonl', 'scan.jsonl')).toEqual(ids);
  expect(
    await idsOf(['secrets', 'probe', ...model, ...files('lines.jsonl', 'probes.jsonl')], at('probes.jsonl')),
  ).toEqual(ids);

  const sorted = (list: readonly string[]) => [...list].sort();
  const draw = ['set', 'documents', at('lines.jsonl'), '--tokenizer', space.at('model')];
  const drawn = [...draw, '--secrets', at('scan.jsonl'), '--output', at('drawn.jsonl')];
  expect(sorted(await idsOf(drawn, at('drawn.jsonl')))).toEqual(sorted(ids));
  const any = ['--size', String(ids.length), '--min-accuracy', '0'];
  const forget = ['set', 'forget', ...files('probes.jsonl', 'forget'), ...any, '--min-tokens', '1'];
  expect(sorted(await idsOf(forget, `${at('forget')}/group-0.jsonl`))).toEqual(sorted(ids));
  const scored = ['score', ...model, ...files('plain.jsonl', 'plain.scores.jsonl')];
  expect(await idsOf(scored, at('plain.scores.jsonl'))).toEqual(ids);
  const retain = ['set', 'retain', ...files('plain.jsonl', 'retain'), ...any];
  const retained = await idsOf(
    [...retain, '--scores', at('plain.scores.jsonl')],
    `${at('retain')}/retain.jsonl`,
  );
  expect(sorted(retained)).toEqual(sorted(ids));
});

test('JSON texts hold BigInts as numbers, and texts that look like them as texts', () => {
  const value = { id: 12345678901234567890n, list: [-1n, '12345678901234567890', { a: 0n }] };
  expect(jsonText(value)).toBe('{"id":12345678901234567890,"list":[-1,"12345678901234567890",{"a":0}]}');
  const circle: Record<string, unknown> = { id: 1n };
  circle.self = circle;
  expect(() => jsonText(circle)).toThrow(TypeError);
});
