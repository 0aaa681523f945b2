/** Everything that is drawn: shares, lengths, categories, counts on both sides, growth. A table behind each. */
import { barChart } from '../../charts/bar-chart.js';
import { growthChart } from '../../charts/growth-chart.js';
import { scatterPlot } from '../../charts/scatter-plot.js';
import { compact, counted, decimal, integer, percent } from '../../format.js';
import { type Content, type Html, html } from '../../html.js';
import { dataTable } from '../data-table.js';
import type { MemorizationInput } from '../input.js';
import { lengthBins, sumByBin } from '../length-bins.js';

type Analysis = MemorizationInput['analysis'];

export function figuresSection({ analysis }: MemorizationInput): Html {
  return html`<section class="chapter" id="figures"><h2>How much, and what</h2>
${categories(analysis)}
<div class="charts">${outputsByLength(analysis)}${blocksByLength(analysis)}${bothSides(analysis)}${growth(analysis)}</div></section>`;
}

function chart(caption: string, drawing: Html, table: Html | undefined, note?: Content): Html {
  return html`<figure><figcaption>${caption}</figcaption>${drawing}${note && html`<p class="note">${note}</p>`}${table}</figure>`;
}

function categories({ categories: rows, fingerprints, counting }: Analysis): Html {
  const widest = Math.max(1, ...rows.map((row) => row.fingerprints));
  const bar = (value: number) => Math.round((value / widest) * 10_000) / 100;
  return html`<h3>Categories</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Categories"><table class="data narrow"><thead><tr><th scope="col">Category</th><th scope="col" class="num">Blocks</th><th scope="col" class="num">Share</th><th scope="col" class="wide"><span class="sr">Drawn</span></th><th scope="col" class="num">Places in outputs</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><th scope="row">${row.category}</th><td class="num">${integer(row.fingerprints)}</td><td class="num">${percent(fingerprints === 0 ? null : row.fingerprints / fingerprints)}</td><td class="wide"><svg class="share memorized" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="${bar(row.fingerprints)}" height="6"/></svg></td><td class="num">${integer(row.places)}</td></tr>`,
  )}</tbody></table></div>
<p class="note">By simple rules over the text of a block.${counting === 'published' && ' Places are counted as the published analyser does, once per shard log.'}</p>`;
}

function outputsByLength({ outputsByLongestBlock: rows, outputs }: Analysis): Html {
  const title = 'Outputs by their longest memorized block';
  const bins = binsOf(rows);
  const sums = sumByBin(bins, rows, (row) => row.outputs);
  const share = (value: number) => percent(outputs.count === 0 ? null : value / outputs.count);
  const atLeast = (index: number) => sums.slice(index).reduce((sum, value) => sum + value, 0);
  const drawing = barChart({
    title,
    xLabel: 'lines of the longest block',
    rows: bins.map(({ label }, i) => ({ label, value: outputs.count === 0 ? 0 : sums[i]! / outputs.count })),
    format: percent,
    axisFormat: (value) => `${Number((value * 100).toPrecision(3))}%`,
  });
  const table = dataTable({
    name: title,
    columns: ['Lines', 'Outputs', 'Share', 'Share with as many or more'],
    rows: bins.map(({ label }, i) => [label, integer(sums[i]), share(sums[i]!), share(atLeast(i))]),
  });
  return chart(title, drawing, table, `Share of all outputs. ${widening(bins)}`);
}

function blocksByLength({ lengthDistribution: rows }: Analysis): Html {
  const title = 'Distinct blocks by length';
  const bins = binsOf(rows);
  const blocks = sumByBin(bins, rows, (row) => row.fingerprints);
  const places = sumByBin(bins, rows, (row) => row.places);
  const drawing = barChart({
    title,
    xLabel: 'significant lines of the block',
    rows: bins.map(({ label }, i) => ({ label, value: blocks[i]! })),
    format: integer,
    axisFormat: compact,
  });
  const table = dataTable({
    name: title,
    columns: ['Lines', 'Blocks', 'Places in outputs'],
    rows: bins.map(({ label }, i) => [label, integer(blocks[i]), integer(places[i])]),
  });
  return chart(title, drawing, table, widening(bins));
}

function binsOf(rows: readonly { readonly lines: number }[]) {
  return rows.length === 0 ? [] : lengthBins(rows[0]!.lines, rows.at(-1)!.lines);
}

function widening(bins: readonly { readonly from: number; readonly to: number }[]): string {
  return bins.some(({ from, to }) => to > from) ? 'Bars to the right take in more lengths each.' : '';
}

function bothSides({ correlation }: Analysis): Html {
  const title = 'Occurrences in the corpus and in the outputs';
  const { pearson, spearman, slope, intercept, sample, points } = correlation;
  const figures = `Pearson r ${decimal(pearson)}, Spearman \u03c1 ${decimal(spearman)}`;
  const formula =
    slope === null || intercept === null
      ? undefined
      : `outputs = ${decimal(slope)} \u00d7 corpus ${intercept < 0 ? '\u2212' : '+'} ${decimal(Math.abs(intercept))}`;
  const shown = sample.reduce((sum, [, , count]) => sum + count, 0);
  const drawing = scatterPlot({
    title,
    description: `${counted(points, 'block')} on logarithmic axes. ${figures}.${formula === undefined ? '' : ` Least-squares line: ${formula}.`}`,
    xLabel: 'occurrences in the corpus',
    yLabel: 'occurrences in the outputs',
    points: sample,
    line: slope === null || intercept === null ? undefined : { slope, intercept },
  });
  const table = dataTable({
    name: title,
    columns: ['In the corpus', 'Blocks', 'In outputs, median', 'most'],
    rows: byDecade(sample).map((row) => [
      row.label,
      integer(row.blocks),
      integer(row.median),
      integer(row.most),
    ]),
  });
  const note = [
    `${figures}.`,
    formula && html` <span class="fit-key"></span>Least squares: ${formula}.`,
    ' A larger dot is more blocks.',
    shown < points &&
      ` The plot and its table are an even choice of ${integer(shown)} of ${counted(points, 'block')}.`,
  ];
  return chart(title, drawing, table, note);
}

/** Blocks by the power of ten of their occurrences in the corpus. */
function byDecade(sample: Analysis['correlation']['sample']) {
  const decades = new Map<number, [extract: number, blocks: number][]>();
  for (const [train, extract, blocks] of sample) {
    if (train < 1) continue;
    const decade = Math.floor(Math.log10(train) + 1e-9);
    decades.set(decade, [...(decades.get(decade) ?? []), [extract, blocks]]);
  }
  return [...decades]
    .sort(([a], [b]) => a - b)
    .map(([decade, pairs]) => {
      pairs.sort(([a], [b]) => a - b);
      const blocks = pairs.reduce((sum, [, count]) => sum + count, 0);
      const [from, to] = [10 ** decade, 10 ** (decade + 1) - 1];
      return {
        label: `${integer(from)}\u2013${integer(to)}`,
        blocks,
        median: median(pairs, blocks),
        most: pairs.at(-1)![0],
      };
    });
}

/** Of values that ascend, each with how often it stands; `total` is the sum of these. */
function median(pairs: readonly (readonly [value: number, count: number])[], total: number): number {
  let passed = 0;
  for (const [value, count] of pairs) {
    passed += count;
    if (passed >= total / 2) return value;
  }
  return Number.NaN;
}

/** Times the outputs that were sampled: drawn further, what was measured would be a speck. The table goes on. */
const DRAWN_TIMES = 5;

function drawnUntil(at: readonly { readonly outputs: number }[], measured: number): number {
  const near = at.filter(({ outputs }) => outputs <= DRAWN_TIMES * measured);
  return Math.max(measured, ...near.map(({ outputs }) => outputs));
}

/** Rows of the table behind the growth chart. */
const MOST_GROWTH_ROWS = 24;

function growth({ growth: { points, fit } }: Analysis): Html {
  const title = 'Distinct blocks as outputs grow';
  const curve = fit && ((x: number) => fit.parameters.k * x ** fit.parameters.beta);
  const drawing = growthChart({
    title,
    xLabel: 'outputs',
    yLabel: 'distinct blocks',
    points: points.map(({ outputs, fingerprints }) => ({ x: outputs, y: fingerprints })),
    fit:
      curve === null || fit === null || fit.at.length === 0
        ? undefined
        : { curve, until: drawnUntil(fit.at, points.at(-1)?.outputs ?? 0) },
  });
  const step = Math.max(1, Math.ceil(points.length / MOST_GROWTH_ROWS));
  const measured = points.filter((_, i) => i % step === 0 || i === points.length - 1);
  const table = dataTable({
    name: title,
    columns: ['Outputs', 'Distinct blocks', ''],
    rows: [
      ...measured.map((point) => [integer(point.outputs), integer(point.fingerprints), 'measured']),
      ...(fit?.at ?? []).map((point) => [
        integer(point.outputs),
        `about ${integer(point.fingerprints)}`,
        'extrapolated',
      ]),
    ],
  });
  const note =
    fit === null
      ? 'Too few points for an extrapolation.'
      : html`<span class="extrapolated-key"></span>Heaps\u2019 law, fitted to the line: ${decimal(fit.parameters.k)} \u00d7 outputs<sup>${decimal(fit.parameters.beta)}</sup> (R\u00b2 ${decimal(fit.parameters.r2)} over the logarithms). Beyond the line it is a guess.`;
  return chart(title, drawing, table, note);
}
