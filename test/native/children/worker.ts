/** Runs a model in a worker thread: one job to its end, then one that never ends. */
import { parentPort } from 'node:worker_threads';
import { largeModel, longWork, PROMPT } from './large-model.js';

const model = await largeModel();
const [score] = await model.score([PROMPT]);
parentPort!.postMessage([...score!.logprobs]);
await longWork(model);
