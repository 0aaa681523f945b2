/** `lethe run`: a whole mission from one file. */
import { Command, Option } from 'commander';
import { claimOutput } from '../../data/outputs/claim.js';
import { type RunManifest, writeRunManifest } from '../../data/outputs/run-manifest.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { InputError } from '../../errors.js';
import type { Mission } from '../../mission/mission.js';
import { missionPaths } from '../../mission/paths.js';
import { readMission } from '../../mission/read-mission.js';
import { hasNothingToForget, runStages, type StoppedStage } from '../../mission/run-stages.js';
import { selectStages } from '../../mission/select-stages.js';
import { type Stage, stagesOf } from '../../mission/stages.js';
import { readReport } from '../../report/read.js';
import type { Dispatch } from '../dispatch.js';
import { EXIT_CODES, type ExitCode, withExitCode } from '../exit-code.js';
import { addIdleRules } from '../idle-options.js';
import { type InitOptions, initMission } from '../mission/init.js';
import { describeOutcome, exitCodeOf, outcomeOf } from '../mission/outcome.js';
import { planMission } from '../mission/plan.js';
import { MODEL_HELP } from '../options.js';
import { describeSeconds } from '../progress-line.js';
import { withSession } from '../session.js';
import { quoteArguments } from '../shell-words.js';

const HELP = `
One file names a model, a corpus and what is to be done; docs/mission.md has its keys, and --init writes one. The command samples the
model and looks for blocks that stand in the corpus, scans the corpus for secrets and probes how well the model knows
them, computes thresholds on unseen code, makes it forget those that it knows, and measures again; report.html in the
mission's directory has all of it, before and after.

Every stage is a command of its own: --dry-run prints them. A run that was stopped goes on when it is run again, and
finished stages are recognised. --only, --from and --skip take names of stages, \`sample\` meaning both sample-before and
sample-after.

Exit code 0: the secrets are forgotten, or there was nothing to forget above the limit. 3: not forgotten. 1: a stage failed.

Examples:
  lethe run --init --model codeparrot-small --corpus src --output mission.yaml
  lethe run mission.yaml --dry-run
  lethe run mission.yaml
  lethe run mission.yaml --only erase
  lethe run mission.yaml --from sample-after --skip report`;

interface Options extends Omit<InitOptions, 'output'> {
  readonly only?: readonly string[];
  readonly from?: string;
  readonly skip?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly force?: boolean;
  readonly init?: boolean;
  readonly output?: string;
}

export function createRunCommand(dispatch: Dispatch): Command {
  const names = (text: string) => text.split(',').map((name) => name.trim());
  const command = addIdleRules(
    new Command('run'),
    {
      options: ['model', 'corpus', 'unseen', 'output'],
      beside: ({ init }) => (init ? undefined : 'without --init'),
    },
    {
      options: ['only', 'from', 'skip', 'dryRun', 'json'],
      beside: ({ init }) => (init ? 'with --init' : undefined),
    },
    {
      options: ['json'],
      beside: ({ dryRun }) => (dryRun ? 'with --dry-run' : undefined),
    },
  );
  return command
    .summary('a whole mission from one file: find, erase, prove')
    .description('Runs the stages of a mission file, or what an earlier run has left to do of them.')
    .argument('[mission]', 'the mission file, YAML')
    .addOption(new Option('--only <names>', 'run these stages, separated by commas').argParser(names))
    .option('--from <name>', 'run this stage and those after it')
    .addOption(new Option('--skip <names>', 'leave these stages out, separated by commas').argParser(names))
    .option('--dry-run', 'say what would be done and roughly how long it takes, and do nothing')
    .option('--force', 'let stages replace the results of other runs, as after a change of the mission file')
    .option('--json', 'print the verdict and its figures as one JSON object instead of a table')
    .option('--init', 'write a mission file instead, for --model and --corpus')
    .option('--model <name>', `with --init: ${MODEL_HELP}`)
    .option('--corpus <path>', 'with --init: what the model was trained on, a directory of source files, say')
    .option('--unseen <path>', 'with --init: code that it was not trained on')
    .option('--output <file>', 'with --init: where the file goes (default: mission.yaml)')
    .addHelpText('after', HELP)
    .action(
      withExitCode(async (file: string | undefined, options: Options) => {
        requireOneFile(file, options);
        if (options.init) {
          const output = options.output ?? 'mission.yaml';
          await withSession((session) => initMission({ ...options, output }, session));
          return EXIT_CODES.done;
        }
        const mission = await readMission(file!);
        const chosen = selectStages(stagesOf(mission), options);
        const stages = options.force
          ? chosen.map((stage) => ({ ...stage, argv: [...stage.argv, '--force'] }))
          : chosen;
        if (options.dryRun) return plan(mission, stages);
        // Each stage claims what it writes; this keeps a second mission out of the directory.
        await using _ = await claimOutput(
          { option: "the mission's directory", path: mission.directory, kind: 'directory', ownFiles: /./ },
          { command: 'run', inputs: [] },
        );
        return await run(file!, mission, stages, options, dispatch);
      }),
    );
}

/** @throws InputError `ERR_INVALID_OPTION` */
function requireOneFile(file: string | undefined, options: Options): void {
  if ((file === undefined) === (options.init === true)) return;
  throw new InputError(
    'ERR_INVALID_OPTION',
    options.init
      ? `Expected --output to name the file that --init writes but received ${file} as a mission to run.`
      : 'Expected a mission file but received none.',
    options.init ? {} : { remedy: 'lethe run --init --model DIR --corpus TREE writes one.' },
  );
}

async function plan(mission: Mission, stages: readonly Stage[]): Promise<ExitCode> {
  const { lines, missing } = await planMission(mission, stages);
  for (const line of lines) process.stdout.write(`${line}\n`);
  if (missing.length === 0) return EXIT_CODES.done;
  throw new InputError(
    'ERR_FILE_NOT_FOUND',
    `Expected all inputs to be there but found no ${missing.join(', no ')}.`,
    { remedy: 'Mend the paths in the mission file, or run the stages that make them.' },
  );
}

async function run(
  file: string,
  mission: Mission,
  stages: readonly Stage[],
  options: Options,
  dispatch: Dispatch,
): Promise<ExitCode> {
  if (mission.unseen.source === undefined)
    say(
      'lethe: warning: No unseen code is named (unseen.source), so some is held out of the corpus: if the model was trained on it, the thresholds are too high, and forgotten means less.',
    );
  const events = runStages(mission, stages, { file, dispatch, goesOnAfter: [EXIT_CODES.missed] });
  const start = performance.now();
  const startedAt = new Date().toISOString();
  const steps: { name: string; seconds: number }[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done) {
      if (next.value !== undefined) return stopped(next.value);
      break;
    }
    const event = next.value;
    if (event.type === 'stage')
      say(`[${event.number}/${event.of}] ${event.stage.name}: lethe ${quoteArguments(event.stage.argv)}`);
    else if (event.type === 'finished') steps.push({ name: event.stage.name, seconds: event.seconds });
    else say('Nothing to forget: the stages that erase and measure again are left out.');
  }
  say(`All took ${describeSeconds((performance.now() - start) / 1000)}.`);
  if (!stages.some(({ name }) => name === 'report')) return EXIT_CODES.done;
  return conclude(mission, { startedAt, steps }, options);
}

/** What the report says, in run.json and for the shell. */
async function conclude(
  mission: Mission,
  { startedAt, steps }: Pick<RunManifest, 'startedAt' | 'steps'>,
  { json }: Options,
): Promise<ExitCode> {
  const paths = missionPaths(mission);
  const { input } = await readReport(paths.reportData);
  const outcome = outcomeOf(input, await hasNothingToForget(mission));
  const { directory, ...settings } = mission;
  const recorder = createRunRecorder({ command: 'run', options: settings, seed: mission.seed });
  const manifest = recorder.finish({ ...outcome });
  await writeRunManifest(directory, { ...manifest, startedAt, steps });
  if (json) process.stdout.write(`${JSON.stringify({ ...outcome, directory, report: paths.report })}\n`);
  else process.stdout.write(`${describeOutcome(outcome)}\n\nReport: ${paths.report}\n`);
  return exitCodeOf(outcome);
}

function stopped({ stage, exitCode }: StoppedStage): ExitCode {
  say(`lethe: Stage ${stage.name} did not end well. Run the same command to go on from there.`);
  return exitCode as ExitCode;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
