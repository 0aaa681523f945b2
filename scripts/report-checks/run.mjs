/** Whether the controls on the page of a run work. */

/** @param page of chromium.mjs @param {(what: string, good: boolean) => void} check */
export async function checkRunPage({ evaluate, call }, check) {
  const has = (selector) => evaluate(`document.querySelector(${JSON.stringify(selector)}) !== null`);
  if (await has('[data-records]')) await checkSecrets(evaluate, check);
  if (await has('[data-tokens]')) {
    await evaluate(`document.querySelector('.pane pre').focus()`);
    await call('Input.dispatchKeyEvent', { type: 'keyDown', key: 'ArrowRight', code: 'ArrowRight' });
    await call('Input.dispatchKeyEvent', { type: 'keyDown', key: 'ArrowRight', code: 'ArrowRight' });
    check(
      'arrow keys read out a token',
      /^Token 2 /.test(await evaluate(`document.querySelector('[data-readout]').textContent`)),
    );
  }
  if (await has('a[data-last]')) {
    await evaluate(`document.querySelector('a[data-last]').click()`);
    check(
      'a source opens its corpus document',
      await evaluate(`document.querySelector('.sought').closest('details').open`),
    );
  }
  if (await has('[data-viewer] [data-step="1"]:not(:disabled)')) {
    const changed = await evaluate(`(() => {
      const viewer = document.querySelector('[data-step="1"]:not(:disabled)').closest('[data-viewer]');
      const before = viewer.querySelector('.stage').firstElementChild;
      viewer.querySelector('[data-step="1"]').click();
      return before !== viewer.querySelector('.stage').firstElementChild;
    })()`);
    check('a viewer goes on to its next item', changed);
  }
}

async function checkSecrets(evaluate, check) {
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
