/** `lethe report`: a run's report.json as one HTML page. */
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomic } from '../../files.js';
import { redactReport } from '../../report/mask.js';
import { readReport } from '../../report/read.js';
import { renderReport } from '../../report/render.js';

const EXAMPLES = `
Examples:
  lethe report runs/demo
  lethe report runs/demo/report.json --redact --output report-to-mail.html
  lethe report runs/demo --output - | gzip > report.html.gz`;

export function createReportCommand(): Command {
  return new Command('report')
    .summary('render report.json as one self-contained HTML page')
    .description(
      'Renders the report.json of a run as one HTML page that needs no network and no other file. Secrets are masked on the page, but the page holds them; --redact leaves them out.',
    )
    .argument('<run>', 'run directory, or a report.json')
    .option(
      '--output <file>',
      'where the page goes, or - for stdout (default: report.html beside report.json)',
    )
    .option('--redact', 'replace every secret by a stand-in of the same length')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, options: { output?: string; redact?: boolean }) => {
      const { file, input } = await readReport(run);
      const output = options.output ?? join(dirname(file), 'report.html');

      const page = renderReport(options.redact ? redactReport(input) : input);

      if (output === '-') {
        process.stdout.write(page);
        return;
      }
      await writeFileAtomic(output, page);
      process.stderr.write(`Wrote ${output}.\n`);
    });
}
