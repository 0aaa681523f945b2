/**
 * The script of the page about memorization, as text: what the lists of blocks and of outputs show, and the links
 * between them. A link is a fragment (`#block-<fingerprint>`, `#output-<id>`), so the browser's way back works.
 */
import { CLIENT_HELPERS } from '../client-helpers.js';
import { EXPLORER_SCRIPT } from './explorer-script.js';

const BLOCKS = String.raw`
const blocksBox = document.querySelector('[data-explorer="blocks"]');
const outputsBox = document.querySelector('[data-explorer="outputs"]');
const dataOf = (name) => {
  const element = document.querySelector('script[data-of="' + name + '"]');
  return element ? JSON.parse(element.textContent) : undefined;
};
const blocksData = dataOf('blocks') ?? { total: 0, documents: [], blocks: [] };
const outputsData = dataOf('outputs') ?? { total: 0, outputs: [] };
const { blocks, documents } = blocksData;
const { outputs } = outputsData;
const blockAt = new Map(blocks.map((block, index) => [block.fingerprint, index]));
const outputAt = new Map(outputs.map((output, index) => [output.id, index]));
const lines = (start, end) => start === end ? 'line ' + group(start) : 'lines ' + group(start) + '\u2013' + group(end);
const chip = (category) => make('span', 'chip', category);
const pairs = (entries) => make('dl', 'pairs', ...entries.map(([name, value]) => make('div', '', make('dt', '', name), make('dd', '', value))));
const documentText = ([shard, name, licence]) => name || 'shard ' + shard;
// A line that says something, not a bracket or the start of a comment.
const telling = (text) => {
  const all = text.split('\n', 40);
  return (all.find((line) => /\w.*\w.*\w.*\w/.test(line)) ?? all[0]).trim().slice(0, 160);
};
const rest = (total, listed) => total > listed ? [make('li', 'quiet', 'and ' + plural(total - listed, 'more place'))] : [];
const numbered = (label, children) => {
  const pre = make('pre', 'numbered', ...children);
  pre.tabIndex = 0;
  pre.setAttribute('role', 'group');
  pre.setAttribute('aria-label', label);
  return pre;
};
const memo = (compute) => { let value; return () => value ??= compute(); };

const documentItem = (onFind) => ([index, start, end]) => {
  const document = documents[index];
  const [shard, name, licence] = document;
  const item = make('li', '', name ? button(name, 'Blocks of ' + name, () => onFind(name)) : make('span', '', 'shard ' + shard));
  item.append(make('span', 'quiet about', [licence && 'licence ' + licence, lines(start, end) + (name ? ' of shard ' + shard : '')].filter(Boolean).join(' \u00b7 ')));
  return item;
};
const outputItem = ([id, start, end]) => make('li', '',
  outputAt.has(id) ? link('output ' + id, '#output-' + encodeURIComponent(id)) : 'output ' + id,
  make('span', 'quiet', ' ' + lines(start, end)));

const drawBlock = (block, index, onFind) => [
  ['Block ' + group(index + 1), make('span', 'quiet', ' of ' + group(blocksData.total))],
  pairs([
    ['in outputs', group(block.extract)], ['in corpus', group(block.train)], ['lines', group(block.lines)],
    ['category', block.category], ...(block.texts > 1 ? [['spellings', group(block.texts)]] : []),
  ]),
  numbered('text of block ' + (index + 1), block.text.split('\n').map((line) => make('span', 'row hit', line || ' '))),
  ...(block.cut > 0 ? [make('p', 'note', plural(block.cut, 'further line') + ' not shown.')] : []),
  make('div', 'places',
    make('div', '', make('h4', '', 'In the corpus'), make('ul', '', ...block.documents.map(documentItem(onFind)), ...rest(block.train, block.documents.length))),
    make('div', '', make('h4', '', 'In the outputs'), make('ul', '', ...block.outputs.map(outputItem), ...(blocksData.published ? [] : rest(block.extract, block.outputs.length))))),
  make('p', 'note', 'fingerprint ', link(block.fingerprint, '#block-' + block.fingerprint)),
];
const blockList = blocksBox && createExplorer(blocksBox, {
  name: 'blocks', noun: 'block', items: blocks,
  orders: { extract: () => 0, train: (block) => block.train, lines: (block) => block.lines },
  haystacks: memo(() => blocks.map((block) => (block.text + '\n' + block.fingerprint + '\n'
    + block.documents.map(([index]) => documents[index].join('\n')).join('\n')).toLowerCase())),
  matches: (block, category, least, most) => (!category || block.category === category) && block.lines >= least && block.lines <= most,
  drawRow: (block, index) => [
    make('span', 'line', make('span', '', make('b', '', group(block.extract)), make('span', 'quiet', ' in outputs \u00b7 '), group(block.train), make('span', 'quiet', ' in corpus')), chip(block.category)),
    make('span', 'line', make('code', '', telling(block.text)), make('span', 'quiet', plural(block.lines, 'line'))),
  ],
  drawDetail: drawBlock,
});
`;

const OUTPUTS = String.raw`
const blockOf = (span) => typeof span[2] === 'number' ? blocks[span[2]] : undefined;
const lengthOf = (span) => blockOf(span)?.lines ?? span[1] - span[0] + 1;
const longestOf = (output) => Math.max(0, ...output.spans.map(lengthOf));
const minimap = (output) => {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'minimap');
  svg.setAttribute('viewBox', '0 0 ' + Math.max(1, output.lines) + ' 4');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  for (const [start, end] of output.spans) {
    const rect = document.createElementNS(ns, 'rect');
    rect.setAttribute('x', start - 1);
    rect.setAttribute('width', end - start + 1);
    rect.setAttribute('height', 4);
    svg.append(rect);
  }
  return svg;
};
const spanNote = (span) => {
  const block = blockOf(span);
  const note = make('span', 'origin', plural(lengthOf(span), 'line') + ' ');
  if (!block) {
    note.append('\u00b7 block ' + span[2] + ', not among those on this page');
    return note;
  }
  note.append(chip(block.category), ' ', link('block ' + group(span[2] + 1), '#block-' + block.fingerprint), ' \u00b7 ' + group(block.train) + ' in corpus');
  if (block.documents.length > 0) {
    const [index, start, end] = block.documents[0];
    const document = documents[index];
    note.append(': ' + documentText(document) + (document[2] ? ' (' + document[2] + ')' : '') + ', ' + lines(start, end));
    if (block.train > 1) note.append(', and ' + plural(block.train - 1, 'more place'));
  }
  return note;
};
const drawOutput = (output, index) => {
  const text = output.text === '' ? [] : output.text.split('\n');
  const begins = new Map();
  const hit = new Uint8Array(text.length);
  for (const span of output.spans) {
    begins.set(span[0], [...(begins.get(span[0]) ?? []), span]);
    hit.fill(1, span[0] - 1, span[1]);
  }
  const drawn = text.flatMap((line, i) => [
    ...(begins.get(i + 1) ?? []).map(spanNote),
    make('span', hit[i] ? 'row hit' : 'row', hit[i] ? make('mark', '', line || ' ') : line || ' '),
  ]);
  return [
    ['Output ' + output.id],
    pairs([
      ['memorized', group(output.memorized) + ' of ' + plural(output.lines, 'line')],
      ['blocks', group(output.spans.length)],
      ['longest', plural(longestOf(output), 'line')],
    ]),
    numbered('text of output ' + output.id, drawn),
    ...(output.cut > 0 ? [make('p', 'note', plural(output.cut, 'further line') + ' not shown.')] : []),
    make('p', 'note', 'md5 ', link(output.md5, '#output-' + encodeURIComponent(output.id))),
  ];
};
const outputList = outputsBox && createExplorer(outputsBox, {
  name: 'outputs', noun: 'output', items: outputs,
  orders: { sampled: () => 0, memorized: (output) => output.memorized, longest: longestOf },
  haystacks: memo(() => outputs.map((output) => (output.id + '\n' + output.text).toLowerCase())),
  matches: (output, category, least, most) => (!category && least === 0 && most === Infinity)
    || output.spans.some((span) => (!category || blockOf(span)?.category === category) && lengthOf(span) >= least && lengthOf(span) <= most),
  drawRow: (output) => [
    make('span', 'line', make('b', '', 'Output ' + output.id), make('span', 'quiet', group(output.memorized) + ' of ' + plural(output.lines, 'line'))),
    minimap(output),
  ],
  drawDetail: drawOutput,
});

const follow = () => {
  const [, kind, name] = /^#(block|output)-(.*)$/.exec(location.hash) ?? [];
  if (kind === undefined) return;
  let id;
  try { id = decodeURIComponent(name); } catch { return; }
  const index = (kind === 'block' ? blockAt : outputAt).get(id);
  if (index !== undefined) (kind === 'block' ? blockList : outputList).show(index);
};
addEventListener('hashchange', follow);
// A link to where the reader has been already changes nothing in the address, so nothing would happen.
document.addEventListener('click', (event) => {
  const anchor = event.target.closest?.('a[href^="#block-"], a[href^="#output-"]');
  if (anchor && anchor.hash === location.hash) { event.preventDefault(); follow(); }
});
follow();
`;

export const MEMORIZATION_SCRIPT = `'use strict';
(() => {
${CLIENT_HELPERS}${EXPLORER_SCRIPT}${BLOCKS}${OUTPUTS}})();
`;
