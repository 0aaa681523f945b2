/** Ends by having nothing left to do, with models that nobody disposed of. */
import { largeModel, PROMPT } from './large-model.js';

const model = await largeModel();
const [score] = await model.score([PROMPT]);
console.log(score!.logprobs.length);
// Not awaited: the job keeps the process alive until it has settled.
model.generate([{ prompt: PROMPT }], { maxTokens: 50 }).then(([row]) => console.log(row!.tokens.length));
