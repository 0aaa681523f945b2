/** What `lethe run --dry-run` says: stages, what they find, work, and a rough time. */
import { exists } from '../../files.js';
import { secondsOf, workOf } from '../../mission/estimate.js';
import type { Mission } from '../../mission/mission.js';
import type { Stage } from '../../mission/stages.js';
import type { Model } from '../../model/model.js';
import { openModel } from '../open-model.js';
import { describeSeconds } from '../progress-line.js';
import { quoteArguments } from '../shell-words.js';

export interface MissionPlan {
  /** Command lines with comments, as a shell reads them. */
  readonly lines: readonly string[];
  /** What a stage reads that is not there and that no stage before it makes. */
  readonly missing: readonly string[];
}

export async function planMission(mission: Mission, stages: readonly Stage[]): Promise<MissionPlan> {
  const made = new Set<string>();
  const missing = new Set<string>();
  const rate = (await exists(mission.model)) ? await measureRate(mission) : undefined;
  let total = 0;
  const lines: string[] = [];
  for (const stage of stages) {
    const notes: string[] = [];
    for (const input of stage.inputs) {
      if ([...made].some((output) => input === output || isWithin(input, output) || isWithin(output, input)))
        continue;
      if (isHubName(mission, input) || (await exists(input))) continue;
      missing.add(input);
      notes.push(`missing: ${input}`);
    }
    made.add(stage.output);
    const work = workOf(stage, mission);
    if (work !== undefined) notes.push(work.what);
    if (work !== undefined && rate !== undefined) {
      total += secondsOf(work, rate);
      notes.push(`roughly ${describeSeconds(secondsOf(work, rate))}`);
    }
    if (await exists(stage.output)) notes.push('there is a result');
    lines.push(`# ${[stage.name, ...notes].join('; ')}`, `lethe ${quoteArguments(stage.argv)}`);
  }
  if (rate !== undefined)
    lines.push(
      `# All: roughly ${describeSeconds(total)} at the ${Math.round(rate)} tokens a second that this machine scores now, beside reading the corpus; less where fewer secrets are found, or forgotten sooner.`,
    );
  return { lines, missing: [...missing] };
}

function isWithin(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}

function isHubName({ model, revision }: Mission, input: string): boolean {
  return input === model && (revision !== undefined || /^[^/.]+\/[^/]+$/.test(model));
}

/** Tokens that are scored to see how fast the model is here. */
const CALIBRATION = { sequences: 4, tokens: 128 };

/** Scored tokens a second. */
async function measureRate(mission: Mission): Promise<number> {
  const { device, threads } = mission;
  await using model = await openModel(mission.model, {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
  });
  const tokens = Math.min(CALIBRATION.tokens, model.contextLength);
  await score(model, 1, tokens);
  const start = performance.now();
  await score(model, CALIBRATION.sequences, tokens);
  return (CALIBRATION.sequences * tokens) / ((performance.now() - start) / 1000);
}

async function score(model: Model, sequences: number, tokens: number): Promise<void> {
  const sequence = Int32Array.from({ length: tokens }, (_, i) => i % model.vocabularySize);
  await model.score(Array.from({ length: sequences }, () => sequence));
}
