/** By what finished work is recognised: a digest of everything that a run's output depends on, kept in its record. */
import { digestText } from '../../data/digest.js';
import type { RunManifest } from '../../data/outputs/run-manifest.js';

/** Equal for two runs of the same command, options, versions, model and inputs, whatever these are called. */
export function runKeyOf({ command, options, seed, versions, model, inputs }: RunManifest): string {
  const digests = [model, ...inputs].map((source) => source?.digest);
  return digestText(JSON.stringify([command, options, seed, versions, digests]));
}
