/**
 * Headless Chromium with one page, driven over a pipe; nothing is installed for it. The browser is CHROMIUM, or
 * `chromium` on the PATH.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs `use` with a page and ends the browser after it, however it ends.
 * @param {(page: object) => Promise<void>} use gets {@link openPage}'s functions
 * @param {(problem: string) => void} report gets every exception and console message of the page
 */
export async function withChromium(use, report) {
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
  const connection = connect(browser, report);
  try {
    await use(await openPage(connection));
  } finally {
    const gone = new Promise((accept) => browser.once('exit', accept));
    connection.send('Browser.close').catch(() => {});
    await gone;
    // Helper processes may still be writing for a moment.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function connect(browser, report) {
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
        report(`exception: ${message.params.exceptionDetails.exception?.description ?? 'unknown'}`);
      }
      if (message.method === 'Log.entryAdded') report(`console: ${message.params.entry.text}`);
    }
  });
  return {
    listeners,
    send(method, params = {}, sessionId) {
      return new Promise((accept, refuse) => {
        waiting.set(++serial, { accept, refuse });
        browser.stdio[3].write(`${JSON.stringify({ id: serial, method, params, sessionId })}\0`);
      });
    },
  };
}

async function openPage({ send, listeners }) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  await call('Page.enable');
  await call('Runtime.enable');
  await call('Log.enable');
  return {
    call,
    /** The value of an expression in the page; an exception in it is thrown here. */
    async evaluate(expression) {
      const { result, exceptionDetails } = await call('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async load(url) {
      const loaded = new Promise((accept) => listeners.set('Page.loadEventFired', accept));
      await call('Page.navigate', { url });
      await loaded;
    },
    async setWindow(width, scheme, height = 900) {
      await call('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      });
      await call('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: false,
      });
    },
    /** A key as a reader presses it, where the focus is. */
    async press(key) {
      const text = key.length === 1 ? { text: key } : key === 'Enter' ? { text: '\r' } : {};
      const event = { key, code: key.length === 1 ? `Key${key.toUpperCase()}` : key, ...text };
      await call('Input.dispatchKeyEvent', {
        type: 'keyDown',
        windowsVirtualKeyCode: KEY_CODES[key],
        ...event,
      });
      await call('Input.dispatchKeyEvent', { type: 'keyUp', windowsVirtualKeyCode: KEY_CODES[key], key });
    },
    /** The page from top to bottom, or the part of it that an element takes, as a PNG file. */
    async photograph(file, selector) {
      const { cssContentSize } = await call('Page.getLayoutMetrics');
      const whole = {
        x: 0,
        y: 0,
        width: cssContentSize.width,
        height: Math.min(cssContentSize.height, 12_000),
      };
      const part =
        selector &&
        (await this.evaluate(`(() => { const r = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
          return { x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: Math.min(r.height, 12_000) }; })()`));
      const { data } = await call('Page.captureScreenshot', {
        captureBeyondViewport: true,
        clip: { ...(part ?? whole), scale: 1 },
      });
      writeFileSync(file, Buffer.from(data, 'base64'));
    },
  };
}

const KEY_CODES = {
  Tab: 9,
  Enter: 13,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
};
