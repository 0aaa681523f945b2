/** Worker threads with a model each: all agree with the main thread, all are terminated in mid-job, twice over. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { largeModel, PROMPT } from './large-model.js';

/** Node 20 hands no loader on to its workers: each has to register the one that reads TypeScript. */
function startWorker(): Worker {
  const script = JSON.stringify(new URL('./worker.ts', import.meta.url).href);
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${script}); });`;
  return new Worker(source, { eval: true });
}

const model = await largeModel();
const [expected] = await model.score([PROMPT]);
for (let round = 0; round < 2; round++) {
  const workers = [0, 1, 2].map(startWorker);
  const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
  for (const [logprobs] of answers) {
    if (String(logprobs) !== String([...expected!.logprobs])) throw new Error(`${logprobs}`);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}
const [after] = await model.score([PROMPT]);
if (String(after!.logprobs) !== String(expected!.logprobs)) throw new Error(`${after!.logprobs}`);
await model.dispose();
console.log('all agreed');
