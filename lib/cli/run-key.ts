/** By what finished work is recognised: a digest of everything that a run's output depends on, kept in its run.json. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestFile, digestText } from '../data/digest.js';
import { type RunManifest, readRunManifest } from '../data/run-manifest.js';

/** Equal for two runs of the same command, options, versions, model and inputs, whatever these are called. */
export function runKeyOf({ command, options, seed, versions, model, inputs }: RunManifest): string {
  const digests = [model, ...inputs].map((source) => source?.digest);
  return digestText(JSON.stringify([command, options, seed, versions, digests]));
}

/** What a command that writes a checkpoint adds to the results of its run.json. */
export async function checkpointResults(
  directory: string,
  runKey: string,
): Promise<{ runKey: string; weights: string }> {
  return { runKey, weights: await digestWeights(directory) };
}

/** Of one file its digest; of shards that of their digests, in the order of their names. */
async function digestWeights(directory: string): Promise<string> {
  const shards = (await readdir(directory)).filter((name) => /^model-.*\.safetensors$/.test(name)).sort();
  if (shards.length === 0) return digestFile(join(directory, 'model.safetensors'));
  const digests: string[] = [];
  for (const shard of shards) digests.push(await digestFile(join(directory, shard)));
  return digestText(JSON.stringify(digests));
}

/** Whether the directory holds the finished run of this key, weights as they were written. */
export async function holdsFinishedCheckpoint(directory: string, runKey: string): Promise<boolean> {
  const manifest = await readRunManifest(directory).catch(() => undefined);
  if (manifest?.results.runKey !== runKey) return false;
  const { weights } = await checkpointResults(directory, runKey).catch(() => ({ weights: undefined }));
  return weights !== undefined && manifest.results.weights === weights;
}

/** Whether the file of results is there as a run with this key left it. */
export async function holdsFinishedOutput(output: string, runKey: string): Promise<boolean> {
  const manifest = await readRunManifest(dirname(output)).catch(() => undefined);
  if (manifest?.results.runKey !== runKey) return false;
  const recorded = manifest.results.output as { path: string; digest: string };
  const found = await digestFile(output).catch(() => undefined);
  return recorded.path === output && recorded.digest === found;
}
