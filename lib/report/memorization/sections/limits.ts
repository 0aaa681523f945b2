/** What the figures do not say, and what the page leaves out. */
import { describeAgreement } from '../../../clones/log/agreement.js';
import { counted, integer } from '../../format.js';
import { type Html, html } from '../../html.js';
import { type MemorizationInput, PAGE_LIMITS } from '../input.js';

/** @param secrets how many the scanner found in what the page shows, and hid; undefined if nobody asked it to */
export function limitsSection(input: MemorizationInput, secrets: number | undefined): Html {
  const { analysis, blocks, outputs } = input;
  const notes = [
    blocks.length < analysis.fingerprints &&
      `The list holds the ${integer(blocks.length)} most frequent of ${counted(analysis.fingerprints, 'block')}; all of them are in fingerprints.jsonl.`,
    outputs.length > 0 &&
      outputs.length < analysis.outputs.withBlocks &&
      `${integer(outputs.length)} of ${counted(analysis.outputs.withBlocks, 'output')} with memorized blocks can be read here: those that the most frequent blocks stand in, and those with the most memorized lines. All are named in outputs.jsonl.`,
    input.outputsMissing !== undefined && `The outputs cannot be read here. ${input.outputsMissing}`,
    `Of each block, up to ${PAGE_LIMITS.placesPerBlock} places on each side are named, and of long texts the beginning is shown.`,
    analysis.counting === 'published'
      ? 'Occurrences in the outputs are counted as the published analyser does, once per shard log: they grow with the number of shards.'
      : 'Occurrences are distinct places: a place that several shard logs name counts once.',
    ...(analysis.agreement === undefined ? [] : describeAgreement(analysis.agreement)),
    'A block is memorized if it stands in the outputs and in the corpus. Short or conventional code may be written twice without having been learnt by heart; length and the number of its places in the corpus help to judge.',
    analysis.agreement === undefined &&
      'Clone detection does not tell letter case, spacing, quotes and stops apart, counts no line without words or signs, and takes long runs of any one line for the same: a block may stand in several spellings, of which the first is shown.',
    'A corpus document is named where its shard was built with a manifest.',
    analysis.growth.fit !== null &&
      'The extrapolation assumes that further outputs are sampled in the same way, and that growth keeps its law.',
    secrets === undefined
      ? 'Secrets in the texts are shown as they are: this page was made with --show-values.'
      : `The scanner found ${counted(secrets, 'secret')} in the texts of this page. Dots stand in their place, and in that of every part of one; what its rules miss is shown.`,
    'Characters that cannot be seen, or that would change how the page reads, are written out, as in \u27e8U+202E\u27e9.',
  ].filter((note) => note !== false);
  return html`<section class="chapter" id="limits"><h2>What to keep in mind</h2><ul class="limits">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
}
