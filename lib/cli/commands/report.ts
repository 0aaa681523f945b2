/** `lethe report`: a run's report.json, or an analysis of memorization, as one HTML page. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { Command, Option } from 'commander';
import { claimOutput, type OutputClaim } from '../../data/outputs/claim.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { InputError } from '../../errors.js';
import { exists, followLinks, isDirectory, writeFileAtomic } from '../../files.js';
import { analysisPaths } from '../../memorization/analysis/summary.js';
import { findMeasures, readMeasuresReport } from '../../report/from-measures.js';
import { HISTORY_FILE, readUnlearningReport } from '../../report/from-unlearning.js';
import type { SecretDisplay } from '../../report/mask.js';
import { readMemorization } from '../../report/memorization/read.js';
import { renderMemorization } from '../../report/memorization/render.js';
import { isMission, readMissionReport } from '../../report/mission/read.js';
import { readReport } from '../../report/read.js';
import { renderReport } from '../../report/render.js';
import { addForceOption } from '../options.js';
import { runKeyOf } from '../outputs/run-key.js';

const EXAMPLES = `
Examples:
  lethe report runs/demo
  lethe report runs/demo/report.json --redact --output report-to-mail.html
  lethe report analysis
  lethe report measures.jsonl --output measures.html
  lethe report runs/demo --output - | gzip > report.html.gz`;

const PAGE = 'report.html';

interface ReportCommandOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly redact?: boolean;
  readonly showValues?: boolean;
}

interface MadePage {
  readonly page: string;
  /** The file that says what is on it. */
  readonly source: string;
  /** What the reader should know beside the page. */
  readonly warning?: string | undefined;
}

export function createReportCommand(): Command {
  return addForceOption(new Command('report'))
    .summary('render a run or an analysis of memorization as one self-contained HTML page')
    .description(
      'Renders the report.json of a run, the history.jsonl and run.json that lethe unlearn writes, what lethe measure and lethe secrets probe write with its run.json beside it, or the analysis.json and its neighbours that lethe analyze writes, as one HTML page that needs no network and no other file. Secrets, those of the run and those that the scanner finds in what is shown, are not in the page: dots stand for them and for every run of 6 characters of one.',
    )
    .argument(
      '<run>',
      'directory of a run, of an unlearned model, of measures or of an analysis; a report.json, a file of measures, or an analysis.json',
    )
    .option('--output <file>', 'where the page goes, or - for stdout (default: report.html beside the input)')
    .option('--redact', 'show kind and length of each secret, and not its first and last characters')
    .addOption(
      new Option(
        '--show-values',
        'put the secrets into the page, behind a switch where it has one',
      ).conflicts('redact'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, options: ReportCommandOptions) => {
      await using claim = await claimPage(run, options);
      const { redact = false, showValues = false } = options;
      const recorder = createRunRecorder({ command: 'report', options: { redact, showValues } });
      const made = (await isAnalysis(run)) ? await analysisPage(run, options) : await runPage(run, options);
      if (made.warning !== undefined) process.stderr.write(`${made.warning}\n`);
      if (claim === undefined) {
        process.stdout.write(made.page);
        return;
      }
      await recorder.addInput(made.source);
      const results = { runKey: runKeyOf(recorder.finish({})), run: await placeOfRun(run, claim.path) };
      await writeFileAtomic(claim.path, made.page, {
        beforeRename: async (part) => void (await claim.finish(recorder.finish(results), part)),
      });
      process.stderr.write(`Wrote ${claim.path}.\n`);
    });
}

/**
 * Claims where the page goes; undefined for stdout. Nothing of the run's directory is written over but its page, and no page
 * but one of the same run, which can be made again from it.
 */
async function claimPage(
  run: string,
  { output, force }: ReportCommandOptions,
): Promise<OutputClaim | undefined> {
  if (output === '-' || output === '/dev/stdout') return undefined;
  const directory = (await isDirectory(run)) ? run : dirname(run);
  const names = await readdir(directory).catch(() => []);
  const inputs = names
    .filter((name) => name !== PAGE)
    .map((name) => ({ option: 'a file of the run', path: join(directory, name), byName: true }));
  const path = output ?? join(directory, PAGE);
  const claim = await claimOutput(
    { option: '--output', path, kind: 'file' },
    { command: 'report', inputs, force },
  );
  try {
    const place = await placeOfRun(run, path);
    await claim.refuseOther((results) => results.run === place);
    return claim;
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    throw error;
  }
}

/** Of a run as seen from its page: both may be moved together. */
async function placeOfRun(run: string, page: string): Promise<string> {
  const directory = (await isDirectory(run)) ? run : dirname(run);
  return relative(dirname(await followLinks(page)), await followLinks(directory));
}

/** @throws InputError `ERR_INVALID_OPTION` if a directory holds both kinds */
async function isAnalysis(path: string): Promise<boolean> {
  if (basename(path) === 'analysis.json') return true;
  const analysis = await exists(analysisPaths(path).analysis);
  if (analysis && (await exists(join(path, 'report.json')))) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a run or an analysis but ${path} holds both report.json and analysis.json.`,
      { remedy: `Name one: lethe report ${join(path, 'analysis.json')}` },
    );
  }
  return analysis;
}

async function runPage(run: string, options: ReportCommandOptions): Promise<MadePage> {
  if (await isMission(run)) {
    const input = await readMissionReport(run);
    await writeFileAtomic(join(run, 'report.json'), `${JSON.stringify(input)}\n`);
    return { page: renderReport(input, { secrets: displayOf(options) }), source: join(run, 'report.json') };
  }
  const unlearning = (await exists(join(run, HISTORY_FILE))) && !(await exists(join(run, 'report.json')));
  if (unlearning) {
    const page = renderReport(await readUnlearningReport(run), { secrets: displayOf(options) });
    return { page, source: join(run, HISTORY_FILE) };
  }
  const measures = await findMeasures(run);
  if (measures !== undefined) {
    const input = await readMeasuresReport(measures);
    return { page: renderReport(input, { secrets: displayOf(options) }), source: measures };
  }
  const { file, input } = await readReport(run);
  return { page: renderReport(input, { secrets: displayOf(options) }), source: file };
}

function displayOf({ redact, showValues }: ReportCommandOptions): SecretDisplay {
  return redact ? 'redacted' : showValues ? 'shown' : 'masked';
}

async function analysisPage(path: string, options: ReportCommandOptions): Promise<MadePage> {
  const directory = basename(path) === 'analysis.json' ? dirname(path) : path;
  const input = await readMemorization(directory);
  const { outputsMissing } = input;
  return {
    page: renderMemorization(input, { secrets: displayOf(options) }),
    source: analysisPaths(directory).analysis,
    warning: outputsMissing && `The page goes without the texts of the outputs. ${outputsMissing}`,
  };
}
