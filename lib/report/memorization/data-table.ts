/** The numbers behind a chart, for readers who do not see it and for those who want to copy them. */
import { type Content, type Html, html } from '../html.js';

export interface DataTable {
  /** Read out as the name of the table's region. */
  readonly name: string;
  /** The first column heads the rows; the others are numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Content[])[];
}

export function dataTable({ name, columns, rows }: DataTable): Html {
  return html`<details class="table"><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="${name}"><table class="data"><thead><tr>${columns.map((column, i) => html`<th scope="col" class="${i > 0 && 'num'}">${column}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="num">${cell}</td>`))}</tr>`)}</tbody></table></div></details>`;
}
