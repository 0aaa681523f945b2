/** Text whose white space does not count: each run of bytes up to U+0020 is one space. */
const SPACE = 0x20;

export class WhiteSpaceCollapser {
  #room = new Uint8Array(0);
  #afterSpace = false;

  /** Valid until the next call. */
  push(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#room.length) this.#room = new Uint8Array(bytes.length);
    const room = this.#room;
    let afterSpace = this.#afterSpace;
    let size = 0;
    for (const byte of bytes) {
      if (byte > SPACE) {
        room[size++] = byte;
        afterSpace = false;
      } else if (!afterSpace) {
        room[size++] = SPACE;
        afterSpace = true;
      }
    }
    this.#afterSpace = afterSpace;
    return room.subarray(0, size);
  }

  /** Another text begins. */
  reset(): void {
    this.#afterSpace = false;
  }
}
