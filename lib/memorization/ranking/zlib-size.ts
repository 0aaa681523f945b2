/**
 * The size of a text compressed by zlib, by pako 2, which is zlib line by line (pako 3 is not). Node's own zlib is Chromium's: it finds
 * other matches, up to 5% more bytes on short texts, and not the same on every processor, so that rankings by it would
 * be those of a machine.
 */
import { deflate } from 'pako';

/** Bytes of `zlib.compress(bytes)` in Python: the default level, 6. */
export function zlibSize(bytes: Uint8Array): number {
  return deflate(bytes).length;
}
