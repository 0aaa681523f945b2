/** Memorization at corpus scale as one HTML page that needs nothing else: no network, no fonts, no files beside it. */

import { Veil } from '../../secrets/masking/veil.js';
import { moment } from '../format.js';
import { html } from '../html.js';
import { hideStrings, type SecretDisplay, valuesIn } from '../mask.js';
import { renderPage } from '../page.js';
import { MEMORIZATION_SCRIPT } from './client-script.js';
import type { MemorizationInput } from './input.js';
import { blocksSection, outputsSection } from './sections/explorers.js';
import { figuresSection } from './sections/figures.js';
import { headlineSection } from './sections/headline.js';
import { limitsSection } from './sections/limits.js';
import { provenanceSection } from './sections/provenance.js';
import { rankingSection } from './sections/ranking.js';
import { MEMORIZATION_STYLE } from './style.js';

export interface RenderMemorizationOptions {
  /**
   * `masked` (default) and `redacted`: dots stand in place of the secrets that the scanner finds in what is shown, and of
   * every run of 6 characters of the body of one; `shown`: the texts as they are.
   */
  readonly secrets?: SecretDisplay | undefined;
}

/**
 * Writes an analysis, as `readMemorization` reads it, as one self-contained HTML page.
 *
 * Whatever a model or a corpus wrote is escaped and its invisible characters are shown; the page's policy lets only
 * its own script and style run and reach nothing. The same input gives the same page.
 */
export function renderMemorization(
  found: MemorizationInput,
  { secrets = 'masked' }: RenderMemorizationOptions = {},
): string {
  const values = secrets === 'shown' ? undefined : valuesIn(found);
  const input = values === undefined ? found : hideStrings(found, new Veil(values));
  const outputs = outputsSection(input);
  const ranking = input.ranking && rankingSection(input.ranking);
  return renderPage({
    title: `${input.analysis.name}: memorization`,
    style: MEMORIZATION_STYLE,
    script: MEMORIZATION_SCRIPT,
    chapters: [
      ['summary', 'Summary'],
      ['figures', 'Figures'],
      ['blocks', 'Blocks'],
      outputs && ['outputs', 'Outputs'],
      ranking && ['ranking', 'Ranking'],
      ['limits', 'Limits'],
      ['run', 'Run'],
    ],
    main: html`${headlineSection(input)}
${figuresSection(input)}
${blocksSection(input)}
${outputs}
${ranking}
${limitsSection(input, values?.size)}
${provenanceSection(input)}`,
    footer: `Written by lethe${input.run === undefined ? '' : `, ${moment(input.run.finishedAt)}`}. One file, without network.`,
  });
}
