/** The mission file that `lethe run --init` writes: every number is sized for the model and the machine. */

export interface TemplateOptions {
  /** As the file is to name them: relative to it, or a name on the hub. */
  readonly model: string;
  readonly corpus: string;
  /** Default: none, and some of the corpus is held out. */
  readonly unseen?: string | undefined;
  readonly parameters: number;
  /** Positions. */
  readonly contextLength: number;
  readonly cores: number;
}

/** On two cores a model of this size is through all stages in half an hour with the counts below as they are. */
const SIZED_FOR = { parameters: 135e6, cores: 2 };

/** A mission file that runs as it is. */
export function missionTemplate(options: TemplateOptions): string {
  const { model, corpus, unseen, parameters, contextLength, cores } = options;
  const speed = (SIZED_FOR.parameters / parameters) * (cores / SIZED_FOR.cores);
  const sized = (count: number, least: number, most: number) =>
    Math.round(Math.min(most, Math.max(least, count * speed)));
  const text = Math.min(192, contextLength);
  const least = Math.min(64, Math.floor(text / 2));
  return `# What ${model} memorized of ${corpus}: find it, make the model forget it, prove that it did.
# Run it by \`lethe run FILE\`; \`lethe run FILE --dry-run\` says what will be done. docs/mission.md has all keys.
# Paths are relative to this file. Counts are sized for ${cores} core${cores === 1 ? '' : 's'} and ${size(parameters)} parameters.

model: ${quote(model)}
# What the model was trained on, or may have been: a directory of source files, JSON lines, CSV or Parquet.
corpus: ${quote(corpus)}
seed: 42

# Outputs that are sampled and searched for blocks that stand in the corpus, before and after.
samples:
  count: ${sized(100, 20, 2000)}
  maxTokens: ${Math.max(1, Math.min(128, contextLength - 1))}
  temperature: 1
  topK: 40
clones:
  threshold: 6 # lines of the shortest block

# Code that the model was not trained on: how well it knows this is the threshold of forgetting.
unseen:
${unseen === undefined ? '  # Name such code here. Without it some of the corpus is held out, which makes the thresholds too high if the\n  # model was trained on that, and forgetting too easy:\n  # source: path/to/code\n' : `  source: ${quote(unseen)}\n`}  count: ${sized(32, 8, 256)}
  maxTokens: ${text}
  minTokens: ${least}
thresholds:
  maxTokens: ${least}

# What the scanner finds in the corpus; or, with \`file: spans.jsonl\`, the spans that you name: {id, secrets} a line.
secrets:
  types: [EMAIL, IP_ADDRESS, KEY]
  count: ${sized(32, 8, 400)} # documents with secrets that are probed, at most
  maxTokens: ${text}

# Documents to forget: those whose secrets the model knows by heart. minAccuracy: 0 takes them whatever it knows.
forget:
  size: 6
  minAccuracy: 0.9
  minTokens: 8

# Documents without secrets, whose behaviour is to stay.
retain:
  candidates: ${sized(32, 8, 256)}
  maxTokens: ${text}
  minTokens: ${least}
  size: 6
  minAccuracy: 0.3

unlearn:
  method: codeeraser
  learningRate: ${learningRateFor(parameters)}
  maxEpochs: 20
`;
}

/** Published: 3e-6 over 100 epochs for 110 M parameters and more. Fewer epochs and smaller models need larger steps. */
function learningRateFor(parameters: number): string {
  const rate = 2e-5 * Math.sqrt(SIZED_FOR.parameters / parameters);
  return Math.min(1e-3, Math.max(3e-6, rate)).toExponential(0);
}

function size(parameters: number): string {
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)} G` : `${(parameters / 1e6).toPrecision(3)} M`;
}

/** A YAML scalar; JSON's strings are YAML's. */
function quote(text: string): string {
  return /^[\w./][\w./@+-]*$/.test(text) && !/^[\d.]+$/.test(text) ? text : JSON.stringify(text);
}
