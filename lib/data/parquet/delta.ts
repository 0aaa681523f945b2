/** The outline of DELTA_BINARY_PACKED numbers, walked before they are decoded: a few bytes may claim any size. */

/** Of the writers that are known: 128, 256 and 1024. */
const MAX_BLOCK_VALUES = 2 ** 16;
const MAX_VARINT_BYTES = 10;

/**
 * Where the numbers end that begin at `start`.
 *
 * @throws Error unless there are `count` of them and they lie within `bytes`
 */
export function endOfDeltas(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  const cut = () => new Error('the deltas of a page are cut short');
  const number = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw cut();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new Error('a number of a page is longer than 64 bits');
  };
  const blockValues = number();
  const blocks = number();
  const total = number();
  const perBlock = blockValues / blocks;
  if (!(blockValues <= MAX_BLOCK_VALUES && Number.isInteger(perBlock) && perBlock > 0 && perBlock % 8 === 0))
    throw new Error(`a page has deltas in ${blocks} parts of ${blockValues}`);
  if (total !== count) throw new Error(`a page of ${count} values has ${total} deltas`);
  number();
  for (let left = count - 1; left > 0; ) {
    number();
    const widths = bytes.subarray(at, at + blocks);
    if (widths.length < blocks) throw cut();
    at += blocks;
    for (const width of widths) {
      // Parts that no value needs have widths and nothing else.
      if (left <= 0) break;
      if (width > 64) throw new Error(`deltas of a page are ${width} bits wide`);
      at += (perBlock * width) / 8;
      left -= perBlock;
    }
    if (at > bytes.length) throw cut();
  }
  return at;
}
