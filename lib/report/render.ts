/** The report as one HTML page that needs nothing else: no network, no fonts, no files beside it. */
import { CLIENT_SCRIPT } from './client-script.js';
import { createContext } from './context.js';
import { moment } from './format.js';
import { html } from './html.js';
import type { ReportInput } from './input.js';
import { renderPage } from './page.js';
import { auditChapter } from './sections/audit.js';
import { eraseChapter } from './sections/erase.js';
import { figuresSection } from './sections/figures.js';
import { headerSection } from './sections/header.js';
import { methodSection } from './sections/method.js';
import { proveChapter } from './sections/prove.js';
import { runSection } from './sections/run.js';
import { STYLE } from './style.js';

/**
 * Writes the story of one run, audit, erase, prove, as one self-contained HTML page.
 *
 * Whatever a model or a corpus wrote is escaped and its invisible characters are shown; the page's policy lets only
 * its own script and style run and reach nothing. Secrets are masked until the reader reveals them, but they are in
 * the file: pass `redactReport(input)` to leave them out. The same input gives the same page.
 */
export function renderReport(input: ReportInput): string {
  const context = createContext(input);
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
