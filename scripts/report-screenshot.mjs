/**
 * Looks at a report in headless Chromium: fails on console errors, on sideways scrolling, on controls that do not
 * work; writes pictures of it, wide and narrow, light and dark. Not part of `npm test`, which needs no browser.
 *
 *   node scripts/report-screenshot.mjs REPORT.html PICTURES_DIRECTORY
 *
 * `npx tsx scripts/generate-analysis.ts DIRECTORY` makes up an analysis of full size to look at.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withChromium } from './report-checks/chromium.mjs';
import { checkMemorizationPage } from './report-checks/memorization.mjs';
import { checkRunPage } from './report-checks/run.mjs';

const [report, pictures] = process.argv.slice(2);
if (!report || !pictures) {
  console.error('usage: node scripts/report-screenshot.mjs REPORT.html PICTURES_DIRECTORY');
  process.exit(2);
}
mkdirSync(pictures, { recursive: true });
const address = pathToFileURL(resolve(report)).href;

/** The first few elements that stick out of the window and lie in no scroller of their own. */
const TOO_WIDE = `[...document.querySelectorAll('body *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, pre, nav ol'))
  .slice(0, 5).map((e) => e.tagName + '.' + e.className).join(', ')`;

const problems = [];
function check(what, good) {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}`);
  if (!good) problems.push(what);
}

await withChromium(
  async (page) => {
    for (const scheme of ['light', 'dark']) {
      for (const width of [1280, 390]) {
        await page.setWindow(width, scheme);
        const begun = performance.now();
        await page.load(address);
        console.log(`     loaded in ${Math.round(performance.now() - begun)} ms`);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        check(`no sideways scrolling at ${width} px, ${scheme}`, wide <= width);
        if (wide > width) console.log(`     too wide: ${await page.evaluate(TOO_WIDE)}`);
        await page.photograph(join(pictures, `report-${scheme}-${width}.png`));
      }
    }
    await page.setWindow(1280, 'light');
    await page.load(address);
    const explorers = await page.evaluate(`document.querySelector('[data-explorer]') !== null`);
    await (explorers ? checkMemorizationPage(page, check) : checkRunPage(page, check));
  },
  (problem) => problems.push(problem),
);

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
