/** `tsx clones-stream.ts FILE BYTES DIRECTORY...`: writes mutated real code into a pipe, so that it is never stored; says `ready` first. */
import { createWriteStream } from 'node:fs';
import { endless, takeSources, writeAll } from './clones-corpus.js';

const [path, bytes, sourceBytes, ...directories] = process.argv.slice(2);
const documents = takeSources(directories, Number(sourceBytes));
process.stdout.write('ready\n');
await writeAll(endless(documents, Number(bytes)), createWriteStream(path!));
