/** Whether the lists on the page about memorization work: keys, filters, links, and how long a filter takes. */

const BOX = (kind) => `document.querySelector('[data-explorer="${kind}"]')`;

/** @param page of chromium.mjs @param {(what: string, good: boolean) => void} check */
export async function checkMemorizationPage(page, check) {
  const { interactive, size } = await page.evaluate(`(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    return { interactive: navigation.domInteractive, size: navigation.decodedBodySize || document.documentElement.outerHTML.length };
  })()`);
  console.log(`     ${(size / 1e6).toFixed(1)} MB, interactive after ${Math.round(interactive)} ms`);
  for (const kind of ['blocks', 'outputs']) {
    if (!(await page.evaluate(`${BOX(kind)} !== null`))) continue;
    await checkKeys(page, check, kind);
    await checkFilters(page, check, kind);
  }
  await checkLinks(page, check);
  check(
    'nothing of the texts became markup',
    await page.evaluate(`document.querySelector('img, [onerror]') === null && typeof evil === 'undefined'`),
  );
}

async function checkKeys({ evaluate, press }, check, kind) {
  const title = () => evaluate(`${BOX(kind)}.querySelector('.chosen h3').textContent`);
  const chosen = () => evaluate(`${BOX(kind)}.querySelector('[aria-selected="true"]')?.dataset.at`);
  const total = Number(
    await evaluate(`${BOX(kind)}.querySelector('[role=option]').getAttribute('aria-setsize')`),
  );
  const first = await title();
  await evaluate(`${BOX(kind)}.querySelector('[data-list]').focus()`);
  await press('ArrowDown');
  check(`${kind}: down chooses the second`, (await chosen()) === '1' && (await title()) !== first);
  await press('ArrowUp');
  check(`${kind}: up goes back`, (await title()) === first);
  await press('End');
  check(`${kind}: end chooses the last of ${total}`, (await chosen()) === String(total - 1));
  const named = await evaluate(`(() => {
    const list = ${BOX(kind)}.querySelector('[data-list]');
    return document.getElementById(list.getAttribute('aria-activedescendant'))?.getAttribute('aria-selected');
  })()`);
  check(`${kind}: the list names the row it is at`, named === 'true');
  await press('Home');
  await press('Tab');
  check(
    `${kind}: tab leads from the list into what is chosen`,
    await evaluate(`${BOX(kind)}.querySelector('[data-detail]').contains(document.activeElement)`),
  );
  await press('ArrowRight');
  check(`${kind}: right goes on`, (await chosen()) === '1');
  await press('ArrowLeft');
  check(`${kind}: left goes back`, (await title()) === first);
  await evaluate(`${BOX(kind)}.querySelector('[data-step="1"]').focus()`);
  await press('Enter');
  check(
    `${kind}: the button goes on and keeps the focus`,
    (await chosen()) === '1' && (await evaluate(`document.activeElement.dataset.step`)) === '1',
  );
  const rows = await evaluate(`${BOX(kind)}.querySelectorAll('[role=option]').length`);
  check(`${kind}: draws ${rows} rows of ${total}`, rows < 60);
}

async function checkFilters({ evaluate }, check, kind) {
  const apply = (name, value) =>
    evaluate(`new Promise((accept) => {
      const input = ${BOX(kind)}.querySelector('[data-${name}]');
      const begun = performance.now();
      input.value = ${JSON.stringify(value)};
      input.dispatchEvent(new Event('input', { bubbles: true }));
      const filtered = performance.now() - begun;
      requestAnimationFrame(() => setTimeout(() => accept({
        filtered, painted: performance.now() - begun,
        count: ${BOX(kind)}.querySelector('[data-count]').textContent,
        shown: Number(${BOX(kind)}.querySelector('[role=option]')?.getAttribute('aria-setsize') ?? 0),
      })));
    })`);
  const all = await apply('find', '');
  const report = (what, { filtered, painted, count }) =>
    console.log(
      `     ${kind}, ${what}: ${filtered.toFixed(1)} ms, painted after ${painted.toFixed(1)} ms (${count})`,
    );
  const firstText = await apply('find', 'm');
  report('first letter', firstText);
  const text = await apply('find', 'model');
  report('text', text);
  check(`${kind}: a text filters`, text.shown > 0 && text.shown <= all.shown);
  const none = await apply('find', 'nothing holds this text');
  report('no match', none);
  check(
    `${kind}: a text that nothing holds leaves no row`,
    none.shown === 0 && none.count.startsWith('0 of'),
  );
  await apply('find', '');
  const expected = await evaluate(`(${countExpected})(${JSON.stringify(kind)})`);
  const category = await apply('category', expected.category.value);
  report(`category ${expected.category.value}`, category);
  check(`${kind}: a category filters`, category.shown === expected.category.count);
  await apply('category', '');
  const long = await apply('least', String(expected.least.value));
  report(`at least ${expected.least.value} lines`, long);
  check(`${kind}: a length filters`, long.shown === expected.least.count);
  const back = await apply('least', '');
  check(`${kind}: without filters all are back`, back.shown === all.shown);
  report('order', await apply('order', kind === 'blocks' ? 'lines' : 'longest'));
  await apply('order', kind === 'blocks' ? 'extract' : 'sampled');
}

/** In the page: what a filter for the first block's category, or for more lines than it has, must leave. */
function countExpected(kind) {
  const data = (name) => JSON.parse(document.querySelector(`script[data-of="${name}"]`).textContent)[name];
  const blocks = data('blocks');
  const [{ category, lines }] = blocks;
  const blocksOf = (item) =>
    kind === 'blocks'
      ? [item]
      : item.spans.map(([start, end, block]) => blocks[block] ?? { lines: end - start + 1 });
  const count = (test) => data(kind).filter((item) => blocksOf(item).some(test)).length;
  return {
    category: { value: category, count: count((block) => block.category === category) },
    least: { value: lines + 1, count: count((block) => block.lines > lines) },
  };
}

async function checkLinks({ evaluate }, check) {
  const settle = `new Promise((accept) => setTimeout(accept, 50))`;
  const linked = await evaluate(`(() => {
    ${BOX('blocks')}.querySelector('[data-list] [data-at="0"]').click();
    const link = ${BOX('blocks')}.querySelector('.chosen a[href^="#output-"]');
    link?.click();
    return link?.textContent;
  })()`);
  await evaluate(settle);
  if (linked !== undefined) {
    const title = await evaluate(`${BOX('outputs')}.querySelector('.chosen h3').textContent`);
    check('a block leads to its output', title.toLowerCase() === linked);
    check(
      'the output shows the memorized lines',
      await evaluate(`${BOX('outputs')}.querySelectorAll('.chosen .row.hit').length > 0`),
    );
    const block = await evaluate(`(() => {
      const link = ${BOX('outputs')}.querySelector('.chosen a[href^="#block-"]');
      link.click();
      return link.textContent;
    })()`);
    await evaluate(settle);
    const heading = await evaluate(`${BOX('blocks')}.querySelector('.chosen h3').textContent`);
    check('an output leads to its block', heading.toLowerCase().startsWith(block));
    check('the focus follows', await evaluate(`document.activeElement.tagName === 'H3'`));
  }
  const found = await evaluate(`(() => {
    const button = ${BOX('blocks')}.querySelector('.places button');
    button?.click();
    return button && { name: button.textContent, find: ${BOX('blocks')}.querySelector('[data-find]').value };
  })()`);
  if (found) check('a corpus document finds its blocks', found.name === found.find);
}
