/** What worker threads do for a scan: batches of texts into what is found in each. */
import { serveTasks } from '../parallel.js';
import { type ScanSettings, scanText } from './scan.js';
import type { Secret } from './secret.js';

export default serveTasks<readonly string[], Secret[][], ScanSettings>((texts, { shared }) =>
  texts.map((text) => scanText(text, shared)),
);
