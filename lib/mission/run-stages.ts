/** Runs the stages of a mission one after another. Each command recognises its own finished work, and goes on with unfinished. */
import { stat } from 'node:fs/promises';
import type { Mission } from './mission.js';
import { missionPaths } from './paths.js';
import type { Stage } from './stages.js';
import { writeStoredMission } from './stored-mission.js';

export type MissionEvent =
  | { readonly type: 'stage'; readonly stage: Stage; readonly number: number; readonly of: number }
  | { readonly type: 'finished'; readonly stage: Stage; readonly seconds: number }
  /** There is nothing to forget, so this stage and others have nothing to do. */
  | { readonly type: 'nothing-to-forget' };

export interface RunStagesOptions {
  /** The mission file, for the report. */
  readonly file: string;
  /** Runs one command line of `lethe` in this process and returns its exit code; says itself what goes wrong. */
  readonly dispatch: (argv: readonly string[]) => Promise<number>;
  /** Exit codes of stages that were done, but not as hoped: the mission goes on. */
  readonly goesOnAfter: readonly number[];
}

/** Where a stage failed or was stopped. */
export interface StoppedStage {
  readonly stage: Stage;
  readonly exitCode: number;
}

/** Whether a forget set was chosen and is empty. */
export function hasNothingToForget(mission: Mission): Promise<boolean> {
  return stat(missionPaths(mission).forgetSet).then(
    ({ size }) => size === 0,
    () => false,
  );
}

/** @returns undefined if all stages ran */
export async function* runStages(
  mission: Mission,
  stages: readonly Stage[],
  { file, dispatch, goesOnAfter }: RunStagesOptions,
): AsyncGenerator<MissionEvent, StoppedStage | undefined, void> {
  await writeStoredMission(mission, file);
  let told = false;
  for (const [i, stage] of stages.entries()) {
    if (stage.erases && (await hasNothingToForget(mission))) {
      if (!told) yield { type: 'nothing-to-forget' };
      told = true;
      continue;
    }
    yield { type: 'stage', stage, number: i + 1, of: stages.length };
    const start = performance.now();
    const exitCode = await dispatch(stage.argv);
    if (exitCode !== 0 && !goesOnAfter.includes(exitCode)) return { stage, exitCode };
    yield { type: 'finished', stage, seconds: (performance.now() - start) / 1000 };
  }
  return undefined;
}
