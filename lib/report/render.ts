/** The report as one HTML page that needs nothing else: no network, no fonts, no files beside it. */
import { CLIENT_SCRIPT } from './client-script.js';
import { createContext } from './context.js';
import { moment } from './format.js';
import { html } from './html.js';
import type { ReportInput } from './input.js';
import { concealReport, type SecretDisplay } from './mask.js';
import { renderPage } from './page.js';
import { auditChapter } from './sections/audit.js';
import { eraseChapter } from './sections/erase.js';
import { figuresSection } from './sections/figures.js';
import { headerSection } from './sections/header.js';
import { methodSection } from './sections/method.js';
import { proveChapter } from './sections/prove.js';
import { runSection } from './sections/run.js';
import { STYLE } from './style.js';

export interface RenderReportOptions {
  /**
   * `masked` (default): no secret is in the page, nor a run of 6 characters of the body of one, but for a hint of its
   * first and last characters; `redacted`: kind and length only; `shown`: the page holds the values behind a switch.
   */
  readonly secrets?: SecretDisplay | undefined;
}

/**
 * Writes the story of one run, audit, erase, prove, as one self-contained HTML page.
 *
 * Whatever a model or a corpus wrote is escaped and its invisible characters are shown; the page's policy lets only
 * its own script and style run and reach nothing. Secrets are those of the report and those that the scanner finds in
 * its texts. The same input gives the same page.
 */
export function renderReport(report: ReportInput, { secrets = 'masked' }: RenderReportOptions = {}): string {
  const display = report.redacted === true ? 'redacted' : secrets;
  const input = display === 'shown' ? report : concealReport(report, display);
  const context = createContext(input, display);
  const audit = auditChapter(context);
  const erase = eraseChapter(context);
  const prove = proveChapter(context);
  return renderPage({
    title: input.run.title,
    style: STYLE,
    script: CLIENT_SCRIPT,
    chapters: [
      ['summary', 'Summary'],
      audit && ['audit', 'Audit'],
      erase && ['erase', 'Erase'],
      prove && ['prove', erase ? 'Prove' : 'Detail'],
      ['method', 'Method'],
      ['run', 'Run'],
    ],
    main: html`${headerSection(context)}
<noscript><p class="note">Without JavaScript the page shows the first of each list; sorting, filtering and switching need it.</p></noscript>
${figuresSection(context)}
${audit}
${erase}
${prove}
${methodSection(context)}
${runSection(context)}`,
    footer: `Written by lethe, ${moment(input.run.createdAt)}. One file, without network.`,
  });
}
