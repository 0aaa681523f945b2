/** Lethe's scan of secrets as a contestant, on one thread: answers secrets requests of protocol.ts on stdin. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { scanSecrets } from '../lib/secrets/scan.js';
import type { Answer, SecretsRequest } from './protocol.js';

async function scan({ files }: SecretsRequest): Promise<Answer> {
  let [finds, seconds] = [0, 0];
  for (const path of files) {
    const text = await readFile(path, 'utf8');
    const start = process.hrtime.bigint();
    finds += scanSecrets(text).length;
    seconds += Number(process.hrtime.bigint() - start) / 1e9;
  }
  return { seconds, values: [[finds]] };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as SecretsRequest | { readonly do: 'ready' };
  const answer: Answer =
    request.do === 'ready'
      ? { seconds: 0, about: `Lethe, Node ${process.version}, 1 thread` }
      : await scan(request);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
