/** Grouping the windows of one length by 64 bits each, their hash or two names: all of them, in order, in columns. */
import { mix } from './hash-set.js';

/** The duplicated windows of one length, by ascending position. */
export interface Level {
  readonly length: number;
  readonly count: number;
  readonly positions: Int32Array;
  /** Windows of equal hash have the same class, numbered from 0. */
  readonly classes: Int32Array;
  readonly classCount: number;
  /** Of each class: its windows, and the two halves of their hash. */
  readonly sizes: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
}

export class WindowGroups {
  #count = 0;
  readonly #positions: Int32Array;
  readonly #groups: Int32Array;
  // Of each group.
  #groupCount = 0;
  #high: Int32Array;
  #low: Int32Array;
  #sizes: Int32Array;
  /** Open addressing, at most half full: the group in each slot, plus one. */
  #slots: Int32Array;

  /**
   * @param most windows that will be added at most
   * @param groups about how many there will be; more take time
   */
  constructor(most: number, groups: number) {
    this.#positions = new Int32Array(most);
    this.#groups = new Int32Array(most);
    const size = 2 ** Math.ceil(Math.log2(groups + 2));
    this.#high = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#sizes = new Int32Array(size);
    this.#slots = new Int32Array(2 * size);
  }

  /** The group of these 64 bits, which may be a new one. */
  find(high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mix(high, low) & mask;
    for (;;) {
      const group = slots[slot]! - 1;
      if (group < 0) break;
      if (this.#low[group] === low && this.#high[group] === high) return group;
      slot = (slot + 1) & mask;
    }
    const group = this.#groupCount++;
    slots[slot] = group + 1;
    this.#high[group] = high;
    this.#low[group] = low;
    if (this.#groupCount === this.#high.length) this.#grow();
    return group;
  }

  /** Windows come by ascending position. */
  add(position: number, group: number): void {
    this.#positions[this.#count] = position;
    this.#groups[this.#count++] = group;
    this.#sizes[group]!++;
  }

  /** What was added but the windows that stand alone. To be called once. */
  toLevel(length: number): Level {
    const sizes = this.#sizes;
    const high = this.#high;
    const low = this.#low;
    const classOf = new Int32Array(this.#groupCount);
    let classCount = 0;
    for (let group = 0; group < this.#groupCount; group++) {
      if (sizes[group]! < 2) {
        classOf[group] = -1;
        continue;
      }
      classOf[group] = classCount;
      high[classCount] = high[group]!;
      low[classCount] = low[group]!;
      sizes[classCount++] = sizes[group]!;
    }
    const positions = this.#positions;
    const classes = this.#groups;
    let count = 0;
    for (let k = 0; k < this.#count; k++) {
      const each = classOf[classes[k]!]!;
      if (each === -1) continue;
      positions[count] = positions[k]!;
      classes[count++] = each;
    }
    return { length, count, positions, classes, classCount, sizes, high, low };
  }

  #grow(): void {
    const size = 2 * this.#high.length;
    const grown = [new Int32Array(size), new Int32Array(size), new Int32Array(size)] as const;
    grown[0].set(this.#high);
    grown[1].set(this.#low);
    grown[2].set(this.#sizes);
    [this.#high, this.#low, this.#sizes] = grown;
    this.#slots = new Int32Array(2 * size);
    const mask = 2 * size - 1;
    for (let group = 0; group < this.#groupCount; group++) {
      let slot = mix(this.#high[group]!, this.#low[group]!) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = group + 1;
    }
  }
}
