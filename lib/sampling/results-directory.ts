/** What the published scripts call the directories of a campaign. */
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { type SamplingOptions, samplingSettings } from './strategies.js';

export interface ResultsDirectoryOptions extends SamplingOptions {
  /** A directory, or a name on the hub: its last part counts. */
  readonly model: string;
  /** Default 512. */
  readonly maxTokens?: number;
  /** Whether outputs continue a prompt; without one, the name ends in `-npg`. */
  readonly prompted: boolean;
}

/** `results/<model>-temp<T>-len<L>-k<K>[-npg]`, numbers as Python prints them: `temp1.0`. */
export function resultsDirectory({
  model,
  maxTokens = 512,
  prompted,
  ...sampling
}: ResultsDirectoryOptions): string {
  const { temperature = 1 } = sampling;
  const { topK } = samplingSettings(sampling);
  const heat =
    typeof temperature === 'number' && Number.isInteger(temperature) ? temperature.toFixed(1) : temperature;
  return join(
    'results',
    `${basename(resolve(model))}-temp${heat}-len${maxTokens}-k${topK}${prompted ? '' : '-npg'}`,
  );
}

/** What a prompt is called: the SHA-1 of its UTF-8, in hex. */
export function promptHash(prompt: string): string {
  return createHash('sha1').update(prompt, 'utf8').digest('hex');
}
