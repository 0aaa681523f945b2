/** Lethe's tokenizer as a contestant, without libtorch: answers tokenize requests of protocol.ts on stdin. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Tokenizer } from '../lib/model/tokenizer/tokenizer.js';
import type { Answer, TokenizeRequest } from './protocol.js';

async function tokenize({ directory, files }: TokenizeRequest): Promise<Answer> {
  const tokenizer = await Tokenizer.load(directory);
  const texts = await Promise.all(files.map((path) => readFile(path, 'utf8')));
  let [tokens, checksum, seconds] = [0, 0, 0];
  for (const text of texts) {
    const start = process.hrtime.bigint();
    const encoding = tokenizer.encode(text);
    seconds += Number(process.hrtime.bigint() - start) / 1e9;
    tokens += encoding.tokens.length;
    for (const id of encoding.tokens) checksum += id;
  }
  return { seconds, values: [[tokens, checksum]] };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as TokenizeRequest | { readonly do: 'ready' };
  const answer: Answer =
    request.do === 'ready'
      ? { seconds: 0, about: `Lethe, Node ${process.version}, 1 thread` }
      : await tokenize(request);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
