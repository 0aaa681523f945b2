/** The whole demo in seconds: fewer files, a smaller model. What it finds is not asserted, but how it all fits is. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { countPlanted, DEMO_MISSION, runDemo } from '../../../lib/cli/demo/demo.js';
import { DEMO, type DemoSettings } from '../../../lib/cli/demo/settings.js';
import type { MissionOutcome } from '../../../lib/cli/mission/outcome.js';
import { main } from '../../../lib/cli/program.js';
import { readRunManifest } from '../../../lib/data/outputs/run-manifest.js';
import { parseReportInput } from '../../../lib/report/input-schema.js';
import { lethe, workspace } from '../run-cli.js';

/** Enough to memorize four files. */
const SETTINGS: DemoSettings = {
  ...DEMO,
  corpus: { ...DEMO.corpus, codeTokens: 60, trained: 6, unseen: 4 },
  secrets: { documents: 3, perDocument: 2, copies: 4 },
  model: { ...DEMO.model, n_layer: 2, n_embd: 96, n_positions: 256 },
  training: { epochs: 60, batchSize: 5, learningRate: 3e-3, warmupSteps: 20 },
};

/** The demo's mission with smaller numbers. */
async function smallMission(changes: Record<string, object> = {}): Promise<string> {
  const mission = parse(await readFile(DEMO_MISSION, 'utf8')) as Record<string, object>;
  const smaller: Record<string, object> = {
    samples: { count: 8, maxTokens: 48 },
    clones: { threshold: 4 },
    unseen: { count: 4, maxTokens: 128 },
    thresholds: { maxTokens: 40 },
    secrets: { prefixTokens: 192, maxTokens: 256 },
    forget: { size: 2 },
    retain: { size: 3, candidates: 3, maxTokens: 256 },
    unlearn: { learningRate: 1e-3, maxEpochs: 12 },
  };
  for (const [key, value] of Object.entries(smaller))
    mission[key] = { ...mission[key], ...value, ...changes[key] };
  return stringify(mission);
}

let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
});

afterAll(() => space[Symbol.asyncDispose]());

/** Runs the demo in this process; `stopBefore` names a command that is not run any more. */
async function run(name: string, { mission = '', stopBefore = '' } = {}): Promise<number> {
  const text = mission === '' ? await smallMission() : mission;
  const commands: string[] = [];
  const exitCode = await runDemo(
    { directory: space.at(name), seed: 1, settings: SETTINGS, mission: text },
    async (argv) => {
      commands.push(argv[0]!);
      return argv[0] === stopBefore ? 130 : main(argv);
    },
  );
  process.exitCode = undefined;
  return exitCode;
}

async function outcome(name: string): Promise<MissionOutcome> {
  const { results } = await readRunManifest(space.at(name));
  return results as unknown as MissionOutcome;
}

test('a run finds, erases and reports; run again it makes nothing again, stopped and gone on with the same', async () => {
  expect(await run('whole', { stopBefore: 'run' })).toBe(130);
  const mission = space.at('whole/mission.yaml');

  // Stage by stage, as after an interruption: each goes on from the files of those before.
  const partly = await lethe([
    'run',
    mission,
    '--skip',
    'erase,sample-after,merge-after,clones-after,analyze-after,probe-after,score-retained-after,score-unseen-after,score-forget-after,report',
  ]);
  expect(partly.code).toBe(0);
  const finished = await lethe(['run', mission, '--json']);
  expect([0, 3], finished.stderr).toContain(finished.code);
  const result = JSON.parse(finished.stdout) as MissionOutcome;
  expect(finished.code).toBe(result.verdict === 'forgotten' ? 0 : 3);
  expect(finished.stderr).toContain('is finished');
  expect(finished.stderr).toContain('0 were made');

  const accuracy = result.secretsMemorizationAccuracy!;
  expect(accuracy.before).toBeGreaterThanOrEqual(0.9);
  expect(accuracy.after).toBeLessThan(accuracy.before!);
  expect(await countPlanted(space.at('whole'))).toEqual({ planted: 6, found: 6 });

  await run('again');
  expect(await outcome('again')).toEqual(await outcome('whole'));

  const input = parseReportInput(JSON.parse(await readFile(space.at('whole/report.json'), 'utf8')));
  expect(input.secrets!.filter(({ forget }) => forget)).toHaveLength(4);
  expect(input.summary.retained!.documents).toBe(3);
  expect(input.documents!.map(({ role }) => role)).toEqual(
    expect.arrayContaining(['forget', 'retained', 'unseen']),
  );
  expect(input.unlearning!.course.length).toBeGreaterThan(1);
  expect(input.run.steps.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['sample-before', 'probe-after', 'erase']),
  );
  for (const { text, sources } of input.clones!.blocks) {
    const source = input.clones!.documents!.find(({ id }) => id === sources[0]!.document)!;
    const lines = source.text.split('\n').slice(sources[0]!.startLine - 1, sources[0]!.endLine);
    // Equal as clone detection has it: case and most punctuation do not count.
    const words = (code: string) => code.toLowerCase().match(/[a-z0-9]+/g);
    expect(words(lines.join('\n'))).toEqual(words(text));
  }
  expect(await readFile(space.at('whole/report.html'), 'utf8')).toContain('</html>');

  // Nothing above the limit is said, and the model stays as it is.
  const text = (await readFile(mission, 'utf8')).replace(/ {2}size: 2\n/, '  size: 2\n  minTokens: 500\n');
  await writeFile(space.at('whole/none.yaml'), text.replace('directory: .', 'directory: none'));
  const none = await lethe(['run', space.at('whole/none.yaml')]);
  expect(none.stderr).toContain('Nothing to forget');
  expect(none.stdout).toMatch(
    /^Nothing to forget: of the documents of 6 probed secrets none is memorized above the limit/,
  );
  expect(none.code).toBe(0);

  // One step of next to nothing forgets nothing.
  await writeFile(
    space.at('whole/weak.yaml'),
    (await smallMission({ unlearn: { maxEpochs: 1, learningRate: 1e-9 } })).replace(
      'directory: .',
      'directory: weak',
    ),
  );
  const weak = await lethe(['run', space.at('whole/weak.yaml')]);
  expect(weak.stdout).toMatch(/^Not forgotten: /);
  expect(weak.code).toBe(3);
}, 600_000);
