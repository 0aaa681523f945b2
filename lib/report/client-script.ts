/**
 * The page's own script, as text: it runs in the reader's browser, from a file, without network. It sorts, filters
 * and pages the secrets, switches viewers, reads out tokens and reveals secrets; without it the page still reads.
 * It writes text only (`textContent`), never markup.
 */
import { CLIENT_HELPERS } from './client-helpers.js';

export const CLIENT_SCRIPT = String.raw`'use strict';
(() => {
${CLIENT_HELPERS}
// Secrets: sort, filter, page.
for (const box of all('[data-records]')) {
  const data = JSON.parse(box.querySelector('script').textContent);
  const find = (name) => box.querySelector('[data-' + name + ']');
  const value = (name) => { const input = find(name); return input ? input.value : ''; };
  const body = box.querySelector('tbody');
  const heads = all('th', box);
  const haystack = data.rows.map((row) => data.columns
    .flatMap((column, i) => (column.kind === 'lines' ? row[i] : [])).join('\n').toLowerCase());
  let order = data.rows.map((_, index) => index);
  let shown = order;
  let page = 0;
  let sorted = { column: -1, down: false };

  const veiled = ([text, bare]) => bare === undefined ? make('span', 'line', text)
    : make('span', 'line', make('span', 'masked', text), make('span', 'bare', bare));
  const drawCell = (kind, cell) => kind === 'number' ? [cell[0]]
    : kind === 'lines' ? cell.map((line) => make('span', 'line', line)) : cell.map(veiled);
  const draw = () => {
    const from = page * data.pageSize;
    const part = shown.slice(from, from + data.pageSize);
    body.replaceChildren(...part.map((index) => make('tr', '', ...data.columns.map((column, i) => {
      const cell = make('td', column.className, ...drawCell(column.kind, data.rows[index][i]));
      cell.dataset.label = column.title;
      return cell;
    }))));
    find('range').textContent = part.length === 0 ? 'Nothing matches.'
      : group(from + 1) + '\u2013' + group(from + part.length) + ' of ' + group(shown.length);
    for (const button of all('[data-page]', box)) {
      const target = page + Number(button.dataset.page);
      button.disabled = target < 0 || target * data.pageSize >= shown.length;
    }
  };
  const key = (index, column) => {
    const cell = data.rows[index][column];
    const kind = data.columns[column].kind;
    return kind === 'number' ? cell[1] : kind === 'lines' ? cell.join('\n') : cell[0][0];
  };
  const compare = (a, b) => {
    // What was not measured comes last, either way up.
    if (a === null || b === null) return (a === null) - (b === null);
    const sign = a < b ? -1 : a > b ? 1 : 0;
    return sorted.down ? -sign : sign;
  };
  const filter = () => {
    const text = value('find').toLowerCase(), kind = value('kind'), set = value('set'), below = value('below');
    shown = order.filter((i) => (!text || haystack[i].includes(text)) && (!kind || data.kinds[i] === kind)
      && (!set || String(data.forget[i]) === set) && (!below || String(data.below[i]) === below));
    page = 0;
    draw();
  };
  for (const name of ['find', 'kind', 'set', 'below']) find(name)?.addEventListener('input', filter);
  for (const button of all('[data-page]', box)) {
    button.addEventListener('click', () => { page += Number(button.dataset.page); draw(); });
  }
  for (const button of all('[data-sort]', box)) {
    button.addEventListener('click', () => {
      const column = Number(button.dataset.sort);
      const down = sorted.column === column ? !sorted.down : data.columns[column].kind === 'number';
      sorted = { column, down };
      order = data.rows.map((_, index) => index).sort((a, b) => compare(key(a, column), key(b, column)) || a - b);
      heads.forEach((head, i) => i === column
        ? head.setAttribute('aria-sort', down ? 'descending' : 'ascending') : head.removeAttribute('aria-sort'));
      filter();
    });
  }
  find('reveal')?.addEventListener('change', (event) => root.classList.toggle('reveal', event.target.checked));
  const reveal = find('reveal');
  if (reveal) reveal.checked = false;
  filter();
}

// Viewers: one item on the stage, the others wait.
for (const viewer of all('[data-viewer]')) {
  const select = viewer.querySelector('select');
  if (!select) continue;
  const stage = viewer.querySelector('.stage');
  const items = [stage.firstElementChild, ...all(':scope > template', viewer).map((t) => t.content.firstElementChild)];
  const buttons = all('[data-step]', viewer);
  const show = () => {
    stage.replaceChildren(items[select.selectedIndex]);
    for (const button of buttons) button.disabled = !items[select.selectedIndex + Number(button.dataset.step)];
  };
  select.selectedIndex = 0;
  select.addEventListener('change', show);
  for (const button of buttons) {
    button.addEventListener('click', () => { select.selectedIndex += Number(button.dataset.step); show(); });
  }
  show();
}

// Tokens: the same one in both texts, read out below them.
const tokensOf = (pane) => all('.t', pane);
const readToken = (box, index) => {
  const panes = all('.pane', box).map((pane) => ({ pane, tokens: tokensOf(pane) }));
  const parts = [];
  for (const { pane, tokens } of panes) {
    const token = tokens[index];
    for (const old of all('.here', pane)) old.classList.remove('here');
    if (!token) return;
    token.classList.add('here');
    const phase = pane.classList.contains('before') ? 'before' : 'after';
    const masked = token.querySelector('.masked, .bare');
    const text = !masked ? token.textContent
      : all(root.classList.contains('reveal') ? '.bare' : '.masked', token).map((e) => e.textContent).join('');
    if (parts.length === 0) parts.push('Token ' + (index + 1) + ' ' + JSON.stringify(text));
    parts.push(token.dataset.p === '' ? phase + ': nothing stands before it'
      : phase + ': ' + (token.classList.contains('m') ? 'not predicted' : 'predicted') + ', p = ' + token.dataset.p);
  }
  box.querySelector('[data-readout]').textContent = parts.join(' \u00b7 ');
  box.dataset.at = index;
};
document.addEventListener('pointerover', (event) => {
  const token = event.target.closest?.('.pane .t');
  if (token) readToken(token.closest('[data-tokens]'), tokensOf(token.closest('.pane')).indexOf(token));
});
document.addEventListener('click', (event) => {
  const token = event.target.closest?.('.pane .t');
  if (token) readToken(token.closest('[data-tokens]'), tokensOf(token.closest('.pane')).indexOf(token));
});
document.addEventListener('keydown', (event) => {
  const pre = event.target.closest?.('.pane pre');
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!pre || !step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const box = pre.closest('[data-tokens]');
  const last = tokensOf(pre).length - 1;
  const next = box.dataset.at === undefined ? 0 : Math.max(0, Math.min(last, Number(box.dataset.at) + step));
  readToken(box, next);
  tokensOf(pre)[next]?.scrollIntoView({ block: 'nearest' });
});

// Links into corpus documents: open the document, mark all the lines.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[data-last]');
  if (!link) return;
  const [, name, first] = /^#(.*)-(\d+)$/.exec(link.getAttribute('href'));
  const target = document.getElementById(name);
  if (!target) return;
  event.preventDefault();
  target.open = true;
  for (const old of all('.sought')) old.classList.remove('sought');
  const rows = all('.row', target).slice(Number(first) - 1, Number(link.dataset.last));
  for (const row of rows) row.classList.add('sought');
  (rows[0] ?? target).scrollIntoView({ block: 'center' });
  target.querySelector('summary').focus({ preventScroll: true });
});

for (const button of all('[data-copy]')) {
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = 'Selected';
    }
  });
}
})();
`;
