/** Files appear whole or not at all, whichever stage writes them. */
export { replaceFile, writeFileAtomic } from '../files.js';
