/** What every step of the demo works with. */
import type { LoadModelOptions } from '../../model/model.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { DemoSettings } from './settings.js';

export interface Workshop {
  /** A path in the run's directory. */
  readonly at: (path: string) => string;
  readonly tokenizer: Tokenizer;
  readonly settings: DemoSettings;
  readonly seed: number;
  readonly placement: LoadModelOptions;
  readonly signal: AbortSignal | undefined;
}

/** Before and after unlearning, as names of files and steps say it. */
export type Phase = 'before' | 'after';

/** Directories of the two checkpoints. */
export const MODELS: Readonly<Record<Phase, string>> = { before: 'model', after: 'unlearned' };
