/**
 * One of many things at a time: a list to choose from, and a stage. All but the first wait in `<template>`
 * elements, which browsers parse but neither lay out nor draw.
 */
import { type Html, html } from './html.js';

export interface ViewerItem {
  readonly label: string;
  /** Exactly one element. */
  readonly content: Html;
}

export function viewer(name: string, items: readonly ViewerItem[]): Html {
  const [first, ...others] = items;
  return html`<div class="viewer" data-viewer>${
    others.length > 0
      ? html`<p class="controls needs-script"><label>${name} <select>${items.map((item, index) => html`<option value="${index}">${item.label}</option>`)}</select></label> <button type="button" data-step="-1">Previous</button> <button type="button" data-step="1">Next</button></p>`
      : html`<p class="controls"><span>${name}: ${first?.label}</span></p>`
  }<div class="stage" aria-live="off">${first?.content}</div>${others.map((item) => html`<template>${item.content}</template>`)}</div>`;
}
