/** `tsx clones-stream.ts FILE like|unlike BYTES SOURCE-BYTES DIRECTORY...`: writes mutated real code into a pipe, so that it is never stored; says `ready` first. */
import { createWriteStream } from 'node:fs';
import { endless, endlessUnlike, takeSources, writeAll } from './clones-corpus.js';

const [path, kind, bytes, sourceBytes, ...directories] = process.argv.slice(2);
const documents = takeSources(directories, Number(sourceBytes));
process.stdout.write('ready\n');
const make = kind === 'like' ? endless : endlessUnlike;
await writeAll(make(documents, Number(bytes)), createWriteStream(path!));
