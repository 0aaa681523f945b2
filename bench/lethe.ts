/** Lethe as a contestant: answers the requests of protocol.ts on stdin, one JSON object a line. */
import { createInterface } from 'node:readline';
import { measureMemorization } from '../lib/memorization/measure.js';
import { Model } from '../lib/model/model.js';
import { loadAddon } from '../lib/native/load.js';
import { drain } from '../lib/progress.js';
import type { Answer, Int8Request, Request, SecretsRequest, TokenizeRequest } from './protocol.js';

/** lethe-tokenizer.ts, lethe-secrets.ts and peers/int8.py answer the other ones. */
type ModelRequest = Exclude<Request, TokenizeRequest | SecretsRequest | Int8Request>;

let model: Model;

async function answer(request: ModelRequest): Promise<Omit<Answer, 'seconds'>> {
  switch (request.do) {
    case 'ready': {
      const { torchVersion, threads } = loadAddon().runtime();
      return { about: `Lethe on libtorch ${torchVersion}, Node ${process.version}, ${threads} threads` };
    }
    case 'load':
      model = await Model.load(request.directory, { dtype: request.dtype });
      return {};
    case 'generate': {
      const rows = request.rows.map(({ prompt, maxTokens }) => ({
        prompt: Int32Array.from(prompt),
        maxTokens,
      }));
      const out = await model.generate(rows, { maxTokens: 1, temperature: 0, batchRows: request.slots });
      return { tokens: out.map(({ tokens }) => [...tokens]) };
    }
    case 'elicit': {
      const documents = request.documents.map((tokens) => Int32Array.from(tokens));
      const { perExample } = await drain(measureMemorization(model, documents, { el: [request.n] }));
      return {
        values: perExample.map((each) => [each.memorizationAccuracy, each.extractionLikelihood[request.n]!]),
      };
    }
    case 'score': {
      const scores = await model.score(request.documents.map((tokens) => Int32Array.from(tokens)));
      return {
        values: scores.map(({ logprobs }) => [
          -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length,
        ]),
      };
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as ModelRequest;
  const start = process.hrtime.bigint();
  const given = await answer(request);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  process.stdout.write(`${JSON.stringify({ ...given, seconds })}\n`);
}
