/**
 * Finds where a text agrees with the outputs, while it streams by. Windows are looked up at such a distance that no span
 * of `minBytes` passes between two of them; around one that the outputs hold, the longest matches are followed byte by
 * byte through the index. Each step costs at most the logarithm of the outputs' size, whatever the text.
 */
import type { SpanIndex } from './span-index.js';

export interface Match {
  /** Where the text stands in the outputs: of all places the first in the order of suffixes. */
  readonly place: number;
  /** Bytes; neither side can be extended so that all of it stands in one output. */
  readonly length: number;
  /**
   * So many places of the text, from `at` on, have their longest match with the outputs in this one, each one byte shorter
   * than the last, none shorter than `minBytes`. Every place belongs to one match.
   */
  readonly places: number;
  /** Bytes from the start of the document. */
  readonly at: number;
}

const NO_BYTE = 0xff;

export class SpanScanner {
  readonly #index: SpanIndex;
  readonly #take: (match: Match) => void;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));
  #size = 0;
  /** Of the document, before the first byte that is held. */
  #before = 0;
  /** The first place whose match is not known. Places are relative to the bytes that are held. */
  #from = 0;
  /** Where places are another scanner's, from the start of the document. */
  #end = Number.POSITIVE_INFINITY;
  // The match that is being followed: where it began (maybe before what is held), its length, its suffixes.
  #matching = false;
  #start = 0;
  #length = 0;
  #low = 0;
  #high = 0;
  /** The window that it was found by. */
  #window = 0;

  constructor(index: SpanIndex, take: (match: Match) => void) {
    this.#index = index;
    this.#take = take;
  }

  /** Bytes of the document so far. */
  get position(): number {
    return this.#before + this.#size;
  }

  /** No place from here on is of interest, only how far matches go that began before. */
  endHere(): void {
    this.#end = this.position;
  }

  /** Whether nothing can come of more bytes. */
  get isDone(): boolean {
    return this.#before + (this.#matching ? this.#start : this.#from) >= this.#end;
  }

  push(chunk: Uint8Array): void {
    this.#hold(chunk);
    for (;;) {
      if (this.#matching) {
        if (!this.#extend(this.#size)) return;
        this.#leaveMatch();
      } else if (!this.#findWindow()) return;
    }
  }

  /** The document ends: matches do, too. */
  endDocument(): void {
    if (this.#matching) this.#report(this.#length);
    this.#matching = false;
    this.#size = 0;
    this.#before = 0;
    this.#from = 0;
    if (this.#end !== Number.POSITIVE_INFINITY) this.#end = 0;
  }

  /** Appends the bytes to those that are needed still. */
  #hold(chunk: Uint8Array): void {
    const kept = this.#matching
      ? Math.min(this.#size, Math.max(this.#window + 1, this.#size + 2 - this.#index.minBytes))
      : this.#from;
    const rest = this.#bytes.subarray(kept, this.#size);
    if (rest.length + chunk.length > this.#bytes.length) {
      const grown = new Uint8Array(rest.length + chunk.length);
      grown.set(rest);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    } else this.#bytes.copyWithin(0, kept, this.#size);
    this.#bytes.set(chunk, rest.length);
    // What ends outputs in the index stands for nothing that can match; another byte that is none of UTF-8 does, too.
    const malformed = chunk.indexOf(NO_BYTE);
    if (malformed !== -1)
      for (let at = rest.length + malformed; at < rest.length + chunk.length; at++)
        if (this.#bytes[at] === NO_BYTE) this.#bytes[at] = NO_BYTE - 1;
    this.#size = rest.length + chunk.length;
    this.#before += kept;
    this.#from -= kept;
    this.#start -= kept;
    this.#window -= kept;
  }

  /** Goes from window to window; true where a match begins. */
  #findWindow(): boolean {
    const index = this.#index;
    const view = this.#view;
    const step = index.minBytes - index.windowBytes;
    const end = Math.min(this.#size - index.windowBytes + 1, this.#end - this.#before + step);
    // A span that begins up to a window, and not before the last one, would hold it.
    const stride = step + 1;
    let at = this.#from + step;
    for (; at < end; at += stride) {
      while (at + 3 * stride < end && !index.mayHoldAny(view, at, stride)) at += 4 * stride;
      if (at >= end) break;
      if (!index.mayHold(view, at)) continue;
      this.#from = at - step;
      if (this.#begin(at)) return true;
    }
    this.#from = at - step;
    return false;
  }

  /** Whether a span may hold the window: then the match is followed that begins first of all that hold it. */
  #begin(window: number): boolean {
    const { minBytes, windowBytes } = this.#index;
    const end = window + windowBytes;
    if (!this.#startAt(window, end)) return false;
    // No match that holds the window goes further than the window's own.
    const enough = Math.min(this.#size, this.#from + minBytes);
    if (this.#extend(enough) && this.#start + this.#length < enough) return false;
    if (!this.#startAt(this.#from, end)) {
      let no = this.#from;
      let yes = window;
      while (yes - no > 1) {
        const middle = (no + yes) >>> 1;
        if (this.#startAt(middle, end)) yes = middle;
        else no = middle;
      }
      this.#startAt(yes, end);
    }
    this.#window = window;
    this.#matching = true;
    return true;
  }

  /** Follows the match of these bytes, if there is one. */
  #startAt(start: number, end: number): boolean {
    const low = this.#index.find(this.#bytes, start, end);
    if (low === -1) return false;
    this.#start = start;
    this.#length = end - start;
    this.#low = low;
    this.#high = this.#index.lastWith(low, end - start);
    return true;
  }

  /** Extends the match, at most to `end`; true where a byte stopped it before that. */
  #extend(end: number): boolean {
    const { text, sorted } = this.#index;
    const bytes = this.#bytes;
    for (let at = this.#start + this.#length; at < end; at++) {
      if (this.#low === this.#high) {
        const shift = sorted[this.#low]! - this.#start;
        while (at < end && text[at + shift] === bytes[at]) at++;
        this.#length = at - this.#start;
        return at < end;
      }
      if (!this.#narrow(bytes[at]!)) return true;
    }
    return false;
  }

  /** Extends the match by one byte if any of its suffixes goes on so. */
  #narrow(byte: number): boolean {
    const { text, sorted } = this.#index;
    const length = this.#length;
    const first = text[sorted[this.#low]! + length]!;
    const last = text[sorted[this.#high]! + length]!;
    if (byte < first || byte > last) return false;
    if (first !== last) {
      const low = this.#boundary(byte, length);
      if (text[sorted[low]! + length] !== byte) return false;
      this.#high = last === byte ? this.#high : this.#boundary(byte + 1, length) - 1;
      this.#low = low;
    }
    this.#length++;
    return true;
  }

  /** Of the match's suffixes, the first whose next byte is not less. The last one's is not. */
  #boundary(byte: number, length: number): number {
    const { text, sorted } = this.#index;
    let low = this.#low;
    let high = this.#high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (text[sorted[middle]! + length]! < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The byte behind the match stopped it: goes on with the next one that holds this byte, if a span may come of it. */
  #leaveMatch(): void {
    const { minBytes } = this.#index;
    const end = this.#start + this.#length;
    // A later place belongs to a span only if it holds this byte, and so does a later window.
    const last = Math.max(this.#window, end + 1 - minBytes);
    const place = this.#index.sorted[this.#low]!;
    const length = this.#length;
    const byte = this.#bytes[end]!;
    // The later a match begins the sooner it holds the byte.
    const most = last - this.#start;
    if (most === 0 || !this.#shorten(place, length, most, byte)) {
      this.#report(length, place, Number.POSITIVE_INFINITY);
      this.#matching = false;
      this.#from = last + 1;
      return;
    }
    let yes = most;
    let no = 0;
    for (let step = 1; yes - no > 1; ) {
      // Doubling steps first, from the match on: mostly it is the next one.
      const middle = no + step < yes ? no + step : (no + yes) >>> 1;
      if (this.#shorten(place, length, middle, byte)) {
        yes = middle;
        step = yes - no;
      } else {
        no = middle;
        step *= 2;
      }
    }
    this.#shorten(place, length, yes, byte);
    this.#report(length, place, yes);
    this.#start += yes;
  }

  /** The match without its first bytes, if this byte extends it. */
  #shorten(place: number, length: number, dropped: number, byte: number): boolean {
    const index = this.#index;
    const rank = index.ranks[place + dropped]!;
    this.#length = length - dropped;
    this.#low = index.firstWith(rank, this.#length);
    this.#high = index.lastWith(rank, this.#length);
    return this.#narrow(byte);
  }

  #report(length: number, place = this.#index.sorted[this.#low]!, owned = Number.POSITIVE_INFINITY): void {
    const at = this.#before + this.#start;
    const places = Math.min(owned, length - this.#index.minBytes + 1, this.#end - at);
    if (places > 0) this.#take({ place, length, places, at });
  }
}
