/**
 * Looks at a report in headless Chromium: fails on console errors, on sideways scrolling, on controls that do not
 * work; writes pictures of it, wide and narrow, light and dark. Not part of `npm test`, which needs no browser.
 *
 *   node scripts/report-screenshot.mjs REPORT.html PICTURES_DIRECTORY
 *
 * The browser is CHROMIUM, or `chromium` on the PATH. It is driven over a pipe; nothing is installed for it.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [report, pictures] = process.argv.slice(2);
if (!report || !pictures) {
  console.error('usage: node scripts/report-screenshot.mjs REPORT.html PICTURES_DIRECTORY');
  process.exit(2);
}
mkdirSync(pictures, { recursive: true });

const profile = mkdtempSync(join(tmpdir(), 'lethe-chromium-'));
const browser = spawn(
  process.env.CHROMIUM ?? 'chromium',
  [
    '--headless=new',
    '--disable-gpu',
    '--hide-scrollbars',
    '--no-first-run',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    // Chromium's sandbox refuses to run as root, as in containers; the page under test is ours.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
);
browser.on('error', (error) => {
  console.error(`Could not start Chromium: ${error.message}. Name it in CHROMIUM.`);
  process.exit(1);
});

/** The first few elements that stick out of the window and lie in no scroller of their own. */
const TOO_WIDE = `[...document.querySelectorAll('body *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, pre, nav ol'))
  .slice(0, 5).map((e) => e.tagName + '.' + e.className).join(', ')`;

const problems = [];
const waiting = new Map();
const listeners = new Map();
let serial = 0;
let rest = '';
browser.stdio[4].setEncoding('utf8').on('data', (chunk) => {
  const messages = (rest + chunk).split('\0');
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id !== undefined) {
      const { accept, refuse } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) refuse(new Error(message.error.message));
      else accept(message.result);
      continue;
    }
    listeners.get(message.method)?.(message.params);
    if (message.method === 'Runtime.exceptionThrown') {
      problems.push(`exception: ${message.params.exceptionDetails.exception?.description ?? 'unknown'}`);
    }
    if (message.method === 'Log.entryAdded') problems.push(`console: ${message.params.entry.text}`);
  }
});

function send(method, params = {}, sessionId) {
  return new Promise((accept, refuse) => {
    waiting.set(++serial, { accept, refuse });
    browser.stdio[3].write(`${JSON.stringify({ id: serial, method, params, sessionId })}\0`);
  });
}

function check(what, good) {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}`);
  if (!good) problems.push(what);
}

try {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  const evaluate = async (expression) =>
    (await call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })).result.value;
  const load = async (url) => {
    const loaded = new Promise((accept) => listeners.set('Page.loadEventFired', accept));
    await call('Page.navigate', { url });
    await loaded;
  };
  await call('Page.enable');
  await call('Runtime.enable');
  await call('Log.enable');

  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 400]) {
      await call('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      });
      await call('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
      });
      const begun = performance.now();
      await load(pathToFileURL(resolve(report)).href);
      console.log(`     loaded in ${Math.round(performance.now() - begun)} ms`);
      const wide = await evaluate('document.documentElement.scrollWidth');
      check(`no sideways scrolling at ${width} px, ${scheme}`, wide <= width);
      if (wide > width) console.log(`     too wide: ${await evaluate(TOO_WIDE)}`);
      const { cssContentSize } = await call('Page.getLayoutMetrics');
      const { data } = await call('Page.captureScreenshot', {
        captureBeyondViewport: true,
        clip: { x: 0, y: 0, width, height: Math.min(cssContentSize.height, 12_000), scale: 1 },
      });
      writeFileSync(join(pictures, `report-${scheme}-${width}.png`), Buffer.from(data, 'base64'));
    }
  }

  await call('Emulation.setDeviceMetricsOverride', {
    width: 1280,
    height: 900,
    deviceScaleFactor: 1,
    mobile: false,
  });
  await load(pathToFileURL(resolve(report)).href);
  if (await evaluate(`document.querySelector('[data-records]') !== null`)) await checkSecrets(evaluate);
  if (await evaluate(`document.querySelector('[data-tokens]') !== null`)) {
    await evaluate(`document.querySelector('.pane pre').focus()`);
    await call('Input.dispatchKeyEvent', { type: 'keyDown', key: 'ArrowRight', code: 'ArrowRight' });
    await call('Input.dispatchKeyEvent', { type: 'keyDown', key: 'ArrowRight', code: 'ArrowRight' });
    check(
      'arrow keys read out a token',
      /^Token 2 /.test(await evaluate(`document.querySelector('[data-readout]').textContent`)),
    );
  }
  if (await evaluate(`document.querySelector('a[data-last]') !== null`)) {
    await evaluate(`document.querySelector('a[data-last]').click()`);
    check(
      'a source opens its corpus document',
      await evaluate(`document.querySelector('.sought').closest('details').open`),
    );
  }
  if (await evaluate(`document.querySelector('[data-step="1"]:not(:disabled)') !== null`)) {
    const changed = await evaluate(`(() => {
      const viewer = document.querySelector('[data-step="1"]:not(:disabled)').closest('[data-viewer]');
      const before = viewer.querySelector('.stage').firstElementChild;
      viewer.querySelector('[data-step="1"]').click();
      return before !== viewer.querySelector('.stage').firstElementChild;
    })()`);
    check('a viewer goes on to its next item', changed);
  }
} finally {
  const gone = new Promise((accept) => browser.once('exit', accept));
  browser.stdio[3].write(`${JSON.stringify({ id: ++serial, method: 'Browser.close' })}\0`);
  waiting.set(serial, { accept() {}, refuse() {} });
  await gone;
  // Helper processes may still be writing for a moment.
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

async function checkSecrets(evaluate) {
  const keys = `[...document.querySelectorAll('.secrets tbody tr')].map((row) => row.cells[2].textContent)`;
  const numbers = (texts) => texts.map((text) => Number(text.replace(/\u202f/g, '')));
  await evaluate(`document.querySelector('[data-sort="2"]').click()`);
  const down = numbers(await evaluate(keys));
  await evaluate(`document.querySelector('[data-sort="2"]').click()`);
  const up = numbers(await evaluate(keys));
  check(
    'a column sorts both ways',
    down.every((value, i) => i === 0 || value <= down[i - 1]) &&
      up.every((value, i) => i === 0 || value >= up[i - 1]),
  );
  const none = await evaluate(`(() => {
    const find = document.querySelector('[data-find]');
    find.value = 'no such document';
    find.dispatchEvent(new Event('input'));
    const rows = document.querySelectorAll('.secrets tbody tr').length;
    find.value = '';
    find.dispatchEvent(new Event('input'));
    return rows;
  })()`);
  check('a filter that nothing matches leaves no row', none === 0);
  const reveal = await evaluate(`(() => {
    const box = document.querySelector('[data-reveal]');
    if (!box) return null;
    const seen = () => document.querySelector('.secrets td.value').innerText;
    const masked = seen();
    box.click();
    return [masked, seen()];
  })()`);
  if (reveal) check('secrets are masked until revealed', reveal[0] !== reveal[1] && reveal[0].includes('…'));
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
