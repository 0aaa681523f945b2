/** `lethe doctor`: what Lethe finds on this machine, and what to do about what it does not. */
import { Command } from 'commander';
import { type DoctorReport, examine } from '../../native/doctor.js';
import { EXIT_CODES, withExitCode } from '../exit-code.js';

const MARKS = { ok: 'ok', note: 'note', missing: 'MISSING' } as const;

export function createDoctorCommand(): Command {
  return new Command('doctor')
    .description('check node, the native addon, libtorch and devices; exit code 1 if Lethe cannot run')
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', '\nExamples:\n  lethe doctor\n  lethe doctor --json')
    .action(
      withExitCode((options: { json?: boolean }) => {
        const report = examine();
        process.stdout.write(
          `${options.json ? JSON.stringify(report, undefined, 2) : formatReport(report)}\n`,
        );
        return report.usable ? EXIT_CODES.done : EXIT_CODES.failed;
      }),
    );
}

/** One line a check, its remedy below it. */
export function formatReport(report: DoctorReport): string {
  const width = Math.max(...report.checks.map((check) => check.name.length));
  const lines = report.checks.flatMap(({ name, status, detail, remedy }) => [
    `${MARKS[status].padEnd(8)}${name.padEnd(width + 2)}${detail}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 10)}${remedy}`]),
  ]);
  return [...lines, report.usable ? 'Lethe can run here.' : 'Lethe cannot run here yet.'].join('\n');
}
