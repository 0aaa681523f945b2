/** The frame of every page: one file with its style and script inside, under a policy that lets nothing else run. */
import { createHash } from 'node:crypto';
import { type Content, html, trusted } from './html.js';

export interface Page {
  readonly title: string;
  /** Style sheet. Only what this project wrote itself. */
  readonly style: string;
  /** Script, run at the end. Only what this project wrote itself. */
  readonly script: string;
  /** Ids of the chapters and their names, those that the page has. One is `summary`. */
  readonly chapters: readonly (readonly [id: string, name: string] | undefined)[];
  readonly main: Content;
  readonly footer: Content;
}

/** Needs no network, no fonts, no file beside it. */
export function renderPage(page: Page): string {
  const policy = [
    "default-src 'none'",
    `script-src '${digest(page.script)}'`,
    `style-src '${digest(page.style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en" class="no-script">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="lethe">
<title>${page.title}</title>
<style>${trusted(page.style)}</style>
</head>
<body>
<a class="skip" href="#summary">To the summary</a>
<nav aria-label="Chapters"><ol>${page.chapters.map((chapter) => chapter && html`<li><a href="#${chapter[0]}">${chapter[1]}</a></li>`)}</ol></nav>
<main>
${page.main}
</main>
<footer>${page.footer}</footer>
<script>${trusted(page.script)}</script>
</body>
</html>
`.markup;
}

/** How a content security policy names an inline script or style. */
function digest(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
