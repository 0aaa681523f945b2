/** Options that several commands share, and number parsing with one sentence for every bad value. */
import { type Command, Option } from 'commander';
import { InputError } from '../errors.js';
import { OFFSET_UNITS } from '../secrets/locate-secrets.js';
import { addIdleRules, FORCE_ON_STDOUT } from './idle-options.js';
import { InputOption, writesStream } from './inputs/streams.js';

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

/** An option that takes an integer, e.g. `integerOption('--seed <n>', 'seed of the draw', { min: 0, default: 42 })`. */
export function integerOption(flags: string, description: string, limits: NumberLimits = {}): Option {
  return numeric(flags, description, limits, (text) => parseNumber(text, flags, 'an integer', limits));
}

/** An option that takes a number. */
export function numberOption(flags: string, description: string, limits: NumberLimits = {}): Option {
  return numeric(flags, description, limits, (text) => parseNumber(text, flags, 'a number', limits));
}

/** An option that takes integers separated by commas, e.g. `--el 3,5,10`. */
export function integersOption(
  flags: string,
  description: string,
  limits: Omit<NumberLimits, 'default'> & { readonly default?: readonly number[] } = {},
): Option {
  const { default: initial, ...bounds } = limits;
  const option = new Option(flags, description).argParser((text: string) => {
    const values = text
      .split(',')
      .map((part) => parseNumber(part.trim(), flags, 'integers separated by commas', bounds));
    if (new Set(values).size === values.length) return values;
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected each integer once for ${flags.split(' ')[0]} but received "${text}".`,
    );
  });
  return initial === undefined
    ? option
    : option.default(initial, initial.length === 0 ? 'none' : initial.join(','));
}

function numeric(
  flags: string,
  description: string,
  limits: NumberLimits,
  parse: (text: string) => number,
): Option {
  const option = new Option(flags, description).argParser(parse);
  return limits.default === undefined ? option : option.default(limits.default);
}

function parseNumber(text: string, flags: string, what: string, { min, max }: NumberLimits): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const whole = !what.includes('integer') || Number.isSafeInteger(value);
  const inside = (min === undefined || value >= min) && (max === undefined || value <= max);
  if (Number.isFinite(value) && whole && inside) return value;
  const range = [min === undefined ? '' : `>= ${min}`, max === undefined ? '' : `<= ${max}`]
    .filter((bound) => bound !== '')
    .join(' and ');
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected ${what}${range === '' ? '' : ` ${range}`} for ${flags.split(/[ ,]/).find((flag) => flag.startsWith('--')) ?? flags} but received "${text}".`,
  );
}

/** Where a command's model comes from and how it runs. */
export interface ModelOptions {
  readonly model: string;
  readonly device?: string;
  readonly dtype?: 'float32' | 'bfloat16' | 'float16';
  readonly threads?: number;
  readonly revision?: string;
  readonly localFilesOnly?: boolean;
}

/** What `--model` takes. */
export const MODEL_HELP = 'model directory in the Hugging Face layout, or a name on its hub (org/name)';

/** Adds `--model --revision --local-files-only --device --threads --dtype`. */
export function addModelOptions(command: Command): Command {
  return addDtypeOption(addTrainedModelOptions(command));
}

/** Adds `--dtype`. */
export function addDtypeOption(command: Command): Command {
  return command.addOption(
    new Option('--dtype <type>', 'type that the weights are held in (default: float32)').choices([
      'float32',
      'bfloat16',
      'float16',
    ]),
  );
}

/** {@link addModelOptions} without `--dtype`: training takes float32. */
export function addTrainedModelOptions(command: Command): Command {
  return addDeviceOptions(addHubOptions(command.requiredOption('--model <name>', MODEL_HELP)));
}

/** Adds `--revision --local-files-only`: which of the hub's models, and whether to ask the hub. */
export function addHubOptions(command: Command): Command {
  return command
    .option('--revision <name>', 'branch, tag or commit of a model on the hub (default: main)')
    .option('--local-files-only', 'take what the cache has and ask no server');
}

/** `--device`. */
export function deviceOption(): Option {
  return new Option('--device <name>', 'where the model runs: cpu, cuda or cuda:N (default: cpu)').argParser(
    (text: string) => {
      if (/^(cpu|cuda(:\d+)?)$/.test(text)) return text;
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected cpu, cuda or cuda:N for --device but received "${text}".`,
      );
    },
  );
}

/** Adds `--device --threads`. */
export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(deviceOption())
    .addOption(integerOption('--threads <n>', 'CPU threads (default: all cores)', { min: 1, max: 1024 }));
}

/** Adds `--input --output --force`, `-` standing for stdin and stdout. */
export function addFileOptions(command: Command, input = 'JSON lines'): Command {
  return addForceOption(
    command
      .addOption(new InputOption('--input <path>', `${input} to read`, writesStream).makeOptionMandatory())
      .option('--output <file>', 'JSON lines to write, or - for stdout', '-'),
  );
}

export const FORCE_HELP = 'replace what is there, even the results of another run';

/** Adds `--input --output --format --force` of commands that turn records into records. */
export function addRecordOptions(command: Command): Command {
  command
    .addOption(
      new InputOption('--input <file>', 'JSON, CSV or Parquet to read', writesStream).makeOptionMandatory(),
    )
    .option('--output <file>', 'JSON lines or CSV to write, or - for stdout', '-')
    .addOption(
      new Option(
        '--format <name>',
        'format where the name of a file does not say, .jsonl or .csv (default: jsonl)',
      ).choices(['jsonl', 'csv']),
    );
  return addForceOption(command);
}

/** Adds `--offsets`, of commands that read secrets. */
export function addOffsetsOption(command: Command): Command {
  return command.addOption(
    new Option('--offsets <unit>', 'what start and end of secrets count in the text')
      .choices(OFFSET_UNITS)
      .default('utf16'),
  );
}

/** `--top-k` of whatever draws tokens. */
export function topKOption(initial = 0): Option {
  return integerOption('--top-k <n>', 'likeliest tokens to draw from, 0: all', { min: 0, default: initial });
}

/** `--top-p` of whatever draws tokens. */
export function topPOption(): Option {
  return numberOption('--top-p <p>', 'share of probability to draw from', { min: 1e-9, max: 1, default: 1 });
}

/** `--similarity` of whatever looks for near-duplicates. */
export function similarityOption(): Option {
  return numberOption('--similarity <share>', 'shared runs of tokens from which texts are nearly the same', {
    min: 0.05,
    max: 1,
    default: 0.7,
  });
}

/** Adds `--seed`. */
export function addSeedOption(command: Command, initial = 42): Command {
  return command.addOption(
    integerOption('--seed <n>', 'seed of every random draw', { min: 0, default: initial }),
  );
}

/** Adds `--force`, of every command that writes: see `claimOutputs`. */
export function addForceOption(command: Command): Command {
  return addIdleRules(command.option('--force', FORCE_HELP), FORCE_ON_STDOUT);
}
