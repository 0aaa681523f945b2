/** Everything needed to make this run again, and what it cost. */
import type { Context } from '../context.js';
import { bytes, duration, integer, moment, percent } from '../format.js';
import { type Content, type Html, html } from '../html.js';

export function runSection({ input, text }: Context): Html {
  const { run, model } = input;
  const pairs: [string, Content][] = [
    ['Model', model.name],
    ['Architecture', model.architecture],
    ['Parameters', integer(model.parameters)],
    ...(model.vocabularySize === undefined
      ? []
      : [['Vocabulary', integer(model.vocabularySize)] as [string, Content]]),
    ...(model.contextLength === undefined
      ? []
      : [['Context', `${integer(model.contextLength)} tokens`] as [string, Content]]),
    ...(run.seed === undefined ? [] : [['Seed', String(run.seed)] as [string, Content]]),
    ['Date', moment(run.createdAt)],
    ...(run.device === undefined ? [] : [['Device', run.device] as [string, Content]]),
    ['Peak memory', bytes(run.peakMemoryBytes)],
    ...Object.entries(run.versions),
  ];
  return html`<section class="chapter" id="run"><h2><span class="step">Repeat</span>How to make this run again</h2>
<div class="command"><pre tabindex="0" role="group" aria-label="command line">\n${text(run.command)}</pre><button type="button" class="needs-script" data-copy>Copy</button></div>
<dl class="pairs">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<dl class="digests"><div><dt>Model before, SHA-256</dt><dd><code>${model.digestBefore}</code></dd></div>${model.digestAfter !== null && html`<div><dt>Model after, SHA-256</dt><dd><code>${model.digestAfter}</code></dd></div>`}</dl>
${stepTimes(run.steps)}</section>`;
}

/** Time per step, drawn as shares of the whole. */
export function stepTimes(list: readonly { name: string; seconds: number }[]): Html | undefined {
  if (list.length === 0) return undefined;
  const total = list.reduce((sum, step) => sum + step.seconds, 0);
  const width = (seconds: number) => (total > 0 ? Math.round((seconds / total) * 10_000) / 100 : 0);
  return html`<h3>Time</h3><div class="scroll" tabindex="0" role="region" aria-label="Time per step"><table class="data narrow"><thead><tr><th scope="col">Step</th><th scope="col" class="num">Time</th><th scope="col" class="num">Share</th><th scope="col" class="wide"><span class="sr">Drawn</span></th></tr></thead><tbody>${list.map(
    (step) =>
      html`<tr><th scope="row">${step.name}</th><td class="num">${duration(step.seconds)}</td><td class="num">${percent(total > 0 ? step.seconds / total : null)}</td><td class="wide"><svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="${width(step.seconds)}" height="6"/></svg></td></tr>`,
  )}</tbody><tfoot><tr><th scope="row">Total</th><td class="num">${duration(total)}</td><td></td><td></td></tr></tfoot></table></div>`;
}
