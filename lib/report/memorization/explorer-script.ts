/**
 * The script of a list with a filter, as text: rows are drawn only while they are in sight, so ten thousand of them
 * cost no more than ten. It writes text only (`textContent`), never markup.
 *
 * `createExplorer(box, kind)`: `kind` says how items are found, ordered and drawn.
 */
export const EXPLORER_SCRIPT = `
const button = (text, label, action) => {
  const element = make('button', '', text);
  element.type = 'button';
  if (label) element.setAttribute('aria-label', label);
  element.addEventListener('click', action);
  return element;
};
const link = (text, href) => {
  const element = make('a', '', text);
  element.href = href;
  return element;
};
const plural = (count, noun) => group(count) + ' ' + noun + (count === 1 ? '' : 's');

const createExplorer = (box, kind) => {
  const find = (name) => box.querySelector('[data-' + name + ']');
  const list = find('list'), rows = find('rows'), detail = find('detail');
  const inputs = { find: find('find'), category: find('category'), least: find('least'), most: find('most'), order: find('order') };
  const { items } = kind;
  let orders = {};
  let shown = [];
  // Index into shown of the chosen item, -1 if there is none.
  let at = -1;
  let height = 0;

  const orderBy = (name) => orders[name] ??= items.map((_, index) => index)
    .sort((a, b) => kind.orders[name](items[b]) - kind.orders[name](items[a]) || a - b);

  const draw = () => {
    if (height === 0) {
      rows.replaceChildren(row(0));
      height = rows.firstElementChild.getBoundingClientRect().height || 56;
    }
    rows.style.height = shown.length * height + 'px';
    const first = Math.max(0, Math.floor(list.scrollTop / height) - 6);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 6);
    const drawn = [];
    for (let i = first; i < last; i++) drawn.push(row(i));
    // The chosen row is what the list is said to have its focus on: it stays, wherever the reader scrolled to.
    if (at >= 0 && (at < first || at >= last)) drawn.push(row(at));
    rows.replaceChildren(...drawn);
    if (at >= 0) list.setAttribute('aria-activedescendant', kind.name + '-row-' + at);
    else list.removeAttribute('aria-activedescendant');
  };
  const row = (i) => {
    const element = make('div', 'item', ...(shown.length > 0 ? kind.drawRow(items[shown[i]], shown[i]) : []));
    element.id = kind.name + '-row-' + i;
    element.setAttribute('role', 'option');
    element.setAttribute('aria-selected', String(i === at));
    element.setAttribute('aria-setsize', shown.length);
    element.setAttribute('aria-posinset', i + 1);
    element.style.top = i * height + 'px';
    element.dataset.at = i;
    return element;
  };
  const choose = (index) => {
    at = Math.max(-1, Math.min(shown.length - 1, index));
    if (at >= 0) {
      const top = at * height;
      if (top < list.scrollTop) list.scrollTop = top;
      else if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
    }
    draw();
    drawDetail();
  };
  const drawDetail = () => {
    if (at < 0) {
      detail.replaceChildren(make('p', 'empty', 'Nothing matches.'));
      return;
    }
    const step = (by, text, label) => {
      const element = button(text, label, () => { choose(at + by); (detail.querySelector('[data-step="' + by + '"]:not(:disabled)') ?? detail.querySelector('[data-step]:not(:disabled)'))?.focus(); });
      element.dataset.step = by;
      element.disabled = at + by < 0 || at + by >= shown.length;
      return element;
    };
    const [heading, ...content] = kind.drawDetail(items[shown[at]], shown[at], (text) => { inputs.find.value = text; filter(); inputs.find.focus(); });
    const title = make('h3', '', ...heading);
    title.tabIndex = -1;
    detail.replaceChildren(make('div', 'title', title, make('span', 'steps', step(-1, 'Previous', 'Previous of ' + kind.name), step(1, 'Next', 'Next of ' + kind.name))), ...content);
    detail.scrollTop = 0;
  };
  const filter = () => {
    const text = inputs.find.value.toLowerCase(), category = inputs.category.value;
    const least = Number(inputs.least.value) || 0, most = Number(inputs.most.value) || Infinity;
    const haystacks = text ? kind.haystacks() : [];
    const chosen = shown[at];
    shown = orderBy(inputs.order.value).filter((i) => {
      const item = items[i];
      return (!text || haystacks[i].includes(text)) && kind.matches(item, category, least, most);
    });
    find('count').textContent = shown.length === items.length ? plural(items.length, kind.noun)
      : group(shown.length) + ' of ' + plural(items.length, kind.noun);
    list.scrollTop = 0;
    choose(Math.max(shown.indexOf(chosen), shown.length > 0 ? 0 : -1));
  };

  for (const input of Object.values(inputs)) input.addEventListener('input', filter);
  let waiting = false;
  list.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  });
  new ResizeObserver(() => { height = 0; if (shown.length > 0) draw(); }).observe(list);
  list.addEventListener('click', (event) => {
    const item = event.target.closest('.item');
    if (item) choose(Number(item.dataset.at));
  });
  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(list.clientHeight / height) - 1);
    const target = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: shown.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    if (shown.length > 0) choose(Math.max(0, target));
  });
  box.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select')) return;
    event.preventDefault();
    if (at >= 0) {
      const inside = detail.contains(document.activeElement);
      choose(Math.max(0, at + step));
      // What had the focus was drawn anew.
      if (inside) detail.querySelector('h3').focus({ preventScroll: true });
    }
  });
  for (const input of Object.values(inputs)) {
    if (input.tagName === 'SELECT') input.selectedIndex = 0;
    else input.value = '';
  }
  filter();

  return {
    /** Shows an item from elsewhere on the page; a filter that hides it is taken back. */
    show(index) {
      if (!shown.includes(index)) {
        for (const name of ['find', 'category', 'least', 'most']) inputs[name].value = '';
        filter();
      }
      choose(shown.indexOf(index));
      box.scrollIntoView({ block: 'start' });
      detail.querySelector('h3').focus({ preventScroll: true });
    },
  };
};
`;
