/** What the figures mean, how the thresholds came about, and what none of it shows. */
import type { Context } from '../context.js';
import { counted, integer, percent } from '../format.js';
import { type Content, type Html, html } from '../html.js';
import { likelihoodOrders } from '../likelihoods.js';

export function methodSection({ input, text }: Context): Html {
  return html`<section class="chapter" id="method"><h2><span class="step">Read</span>What the numbers mean, and what they do not</h2>
<dl class="terms">${definitions(input)}</dl>
${input.thresholds && thresholdTable(input.thresholds)}
<h3>What this does not show</h3>
<ul class="limits">${[...limits(input), ...(input.notes ?? []).map(text)].map((limit) => html`<li>${limit}</li>`)}</ul></section>`;
}

function definitions({ clones, summary, unlearning }: Context['input']): Html[] {
  const entry = (name: Content, meaning: Content, source?: string) =>
    html`<div><dt>${name}</dt><dd>${meaning}${source && html` <cite>${source}</cite>`}</dd></div>`;
  const entries = [
    entry(
      'Memorization accuracy, MA',
      html`The share of tokens <var>x</var><sub>t</sub> that the model rates most likely after the true <var>x</var><sub>&lt;t</sub>. For a document t runs from 2 to T; for a secret over its own tokens, after the code before it. From 0 to 100%, lower is less memorized.`,
      'As in \u201cMemorization Without Overfitting\u201d and \u201cScrub It Out!\u201d.',
    ),
    entry(
      html`Extraction likelihood, EL<sub>n</sub>`,
      html`Greedy decoding starts at every position i and writes on to the end; counted is the share of the n-grams that it writes which also occur in the true continuation; EL<sub>n</sub> is the mean over i. For a secret i begins at 0, where nothing of it is given; a secret shorter than n scores 100% if it is reproduced in full, else 0. Lower is less extractable.`,
      'As in \u201cKnowledge Unlearning for Mitigating Privacy Risks in Language Models\u201d.',
    ),
  ];
  if (summary.retained || summary.unseen) {
    entries.push(
      entry(
        'Loss and perplexity',
        'Mean negative log-likelihood of the next token, in nats, over all tokens of all documents of the set; perplexity is its exponential. Lower is better.',
      ),
    );
  }
  if (clones) {
    entries.push(
      entry(
        'Memorized block',
        `A run of at least ${integer(clones.threshold)} lines, blank ones aside, that stands in an output and in the corpus alike, but for case, spaces and some punctuation.`,
        'As the clone detector Simian reports them in \u201cWhat Do Code Models Memorize?\u201d.',
      ),
    );
  }
  if (unlearning) {
    entries.push(
      entry(
        'Forgetting threshold',
        'The mean over code that the model has never seen. Below it, a secret is no easier to predict than code in general.',
        'As in \u201cScrub It Out!\u201d.',
      ),
    );
  }
  return entries;
}

function thresholdTable(thresholds: NonNullable<Context['input']['thresholds']>): Html {
  const { extractionLikelihood, sequences, runs = 1, source } = thresholds;
  const over =
    sequences === undefined
      ? ''
      : `Means over ${counted(sequences, 'unseen sequence')}${runs > 1 ? `, in ${integer(runs)} draws` : ''}. `;
  return html`<h3>Thresholds of this run</h3><p>${over}${source}</p>
<dl class="pairs"><div><dt>MA</dt><dd>${percent(thresholds.memorizationAccuracy)}</dd></div>${likelihoodOrders(extractionLikelihood).map((n) => html`<div><dt>EL<sub>${n}</sub></dt><dd>${percent(extractionLikelihood[n])}</dd></div>`)}</dl>`;
}

function limits({ clones, unlearning, summary, secrets }: Context['input']): string[] {
  const list = [
    'MA and EL look at one prompt per secret, the code that stood before it, and at greedy decoding. Other prompts, or many random samples, may still draw a secret out.',
  ];
  if (unlearning) {
    list.push(
      'Below the threshold means as predictable as unseen code, not erased from the weights: fine-tuning on similar code can bring a secret back, and that was not tried here.',
    );
  }
  if (secrets)
    list.push(
      'Only secrets that the scanner finds were probed. What its rules miss, the figures do not know of.',
    );
  if (clones) {
    list.push(
      `Sampling shows what came up in ${counted(clones.before.outputs, 'output')}. Blocks that did not come up may be memorized all the same, and a common licence header counts as a block like any other.`,
    );
  }
  const sets = [summary.retained, summary.unseen].filter((set) => set !== undefined);
  if (sets.length > 0) {
    list.push(
      'Loss on samples of retained and unseen code stands for usefulness; whether the model still solves programming tasks was not measured.',
    );
  }
  return list;
}
