/** The report as one HTML page that needs nothing else: no network, no fonts, no files beside it. */
import { createHash } from 'node:crypto';
import { CLIENT_SCRIPT } from './client-script.js';
import { createContext } from './context.js';
import { moment } from './format.js';
import { html, trusted } from './html.js';
import type { ReportInput } from './input.js';
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
  const policy = [
    "default-src 'none'",
    `script-src '${digest(CLIENT_SCRIPT)}'`,
    `style-src '${digest(STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const chapters = [
    ['summary', 'Summary'],
    audit && ['audit', 'Audit'],
    erase && ['erase', 'Erase'],
    prove && ['prove', erase ? 'Prove' : 'Detail'],
    ['method', 'Method'],
    ['run', 'Run'],
  ].filter((chapter) => chapter !== undefined);

  const page = html`<!doctype html>
<html lang="en" class="no-script">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="lethe">
<title>${input.run.title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#summary">To the summary</a>
<nav aria-label="Chapters"><ol>${chapters.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ol></nav>
<main>
${headerSection(context)}
<noscript><p class="note">Without JavaScript the page shows the first of each list; sorting, filtering and switching need it.</p></noscript>
${figuresSection(context)}
${audit}
${erase}
${prove}
${methodSection(context)}
${runSection(context)}
</main>
<footer>Written by lethe, ${moment(input.run.createdAt)}. One file, without network.</footer>
<script>${trusted(CLIENT_SCRIPT)}</script>
</body>
</html>
`;
  return page.markup;
}

/** How a content security policy names an inline script or style. */
function digest(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
