/** What outputs and documents are called: by the maps beside their files, else by their numbers. */
import { shardMapPath, streamShardMap } from '../../data/corpus/shard-map.js';
import { exists } from '../../files.js';
import { outputsMap } from '../corpus/document-names.js';
import type { CloneWarningEvent } from '../search/search-files.js';
import type { OutputText } from './output-texts.js';
import type { SpanJoiner } from './scan-spans.js';
import type { FilePlace } from './span-places.js';
import type { SpanOccurrence } from './span-report.js';

/** Returns what makes an occurrence of a place: by the map beside its file, else by the number of the document in it. */
export async function* nameFiles(
  files: readonly { readonly path: string; readonly file: SpanJoiner }[],
  places: readonly FilePlace[],
): AsyncGenerator<CloneWarningEvent, (place: FilePlace) => SpanOccurrence, void> {
  const wanted = files.map(() => new Map<number, Omit<SpanOccurrence, 'file' | 'offset'>>());
  for (const { file, document } of places) wanted[file]!.set(document, {});
  for (const [i, { path, file }] of files.entries()) {
    const documents = wanted[i]!;
    if (documents.size === 0) continue;
    let count = 0;
    if (await exists(shardMapPath(path)))
      for await (const { id, path: origin, licence } of streamShardMap(path)) {
        if (documents.has(count)) documents.set(count, { document: id, path: origin, licence });
        count++;
      }
    if (count === file.documents && count > 0) continue;
    if (count > 0)
      yield {
        type: 'warning',
        message: `${shardMapPath(path)} is of ${count} documents and ${path} has ${file.documents}: they are named by their numbers.`,
      };
    for (const number of documents.keys())
      documents.set(number, file.documents === 0 ? {} : { document: String(number) });
  }
  return ({ file, document, at }) => ({
    file: files[file]!.path,
    ...wanted[file]!.get(document)!,
    offset: at,
  });
}

/** The id of each output. */
export async function* nameOutputs(
  files: readonly string[],
  outputs: readonly OutputText[],
): AsyncGenerator<CloneWarningEvent, Map<OutputText, string>, void> {
  const ids = new Map<OutputText, string>();
  for (const file of files) {
    const ofFile = outputs.filter((output) => output.file === file);
    const map = await outputsMap(file);
    const isOfFile = map?.length === ofFile.length;
    if (map !== undefined && !isOfFile)
      yield {
        type: 'warning',
        message: `The map of ${file} is of ${map.length} outputs and the file has ${ofFile.length}: they are named by their numbers.`,
      };
    for (const [i, output] of ofFile.entries()) ids.set(output, isOfFile ? map![i]!.id : String(i));
  }
  return ids;
}
