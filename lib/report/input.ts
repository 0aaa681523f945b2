/**
 * What a report is made of: one plain JSON value per run, as `report.json` holds it. Nothing here is drawn; the
 * sections beside this file do that. A number that could not be measured is null (JSON has no NaN), never 0.
 */

/** A number, or null where it was not or could not be measured. */
export type Measured = number | null;

/** One quantity before and after unlearning. `after` is null in a report of an audit alone. */
export interface BeforeAfter {
  readonly before: Measured;
  readonly after: Measured;
}

/** EL_n by n, e.g. `{ "3": {...}, "5": {...}, "10": {...} }`; each in [0, 1], lower means less extractable. */
export type ExtractionLikelihoods = Readonly<Record<string, BeforeAfter>>;

/** Everything that one report shows. Sections that are absent are left out of the page. */
export interface ReportInput {
  /** Always 1: the layout of this file. */
  readonly version: 1;
  readonly run: ReportRun;
  readonly model: ReportModel;
  /** The memorization expected of a model that has never seen the text. */
  readonly thresholds?: ReportThresholds | undefined;
  /** How it was made to forget. Absent in a report of an audit alone. */
  readonly unlearning?: ReportUnlearning | undefined;
  readonly summary: ReportSummary;
  /** One record per probed secret, in any order. */
  readonly secrets?: readonly ReportSecret[] | undefined;
  /** One record per document that was measured as a whole, in any order. */
  readonly measures?: readonly ReportMeasure[] | undefined;
  /** A few documents to show token by token. */
  readonly documents?: readonly ReportDocument[] | undefined;
  readonly clones?: ReportClones | undefined;
  /** True once every secret has been replaced by a stand-in (`redactReport`). Default false. */
  readonly redacted?: boolean | undefined;
  /** Further sentences on this run that a reader must know, shown with the limits. Plain text. */
  readonly notes?: readonly string[] | undefined;
}

export interface ReportRun {
  /** Heading of the page. */
  readonly title: string;
  /** When the run ended, ISO 8601. */
  readonly createdAt: string;
  /** The command line that makes this run again. */
  readonly command: string;
  /** Absent where nothing was drawn. */
  readonly seed?: number | undefined;
  /** Name to version, e.g. `{ lethe: '0.1.0', libtorch: '2.13.0', node: '20.17.0' }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** The steps of the run in order, with wall time in seconds. */
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
  /** Peak resident memory of the process, in bytes. */
  readonly peakMemoryBytes?: Measured | undefined;
  /** Where it ran, e.g. `cpu, 2 threads`. */
  readonly device?: string | undefined;
}

export interface ReportModel {
  /** Name or directory of the model, e.g. `codeparrot-small`. */
  readonly name: string;
  /** Hugging Face `model_type`, e.g. `gpt2`. */
  readonly architecture: string;
  /** Number of trainable parameters. */
  readonly parameters: number;
  readonly vocabularySize?: number | undefined;
  /** Positions. */
  readonly contextLength?: number | undefined;
  /** SHA-256 (hex) of the checkpoint that was audited. */
  readonly digestBefore: string;
  /** SHA-256 (hex) of the unlearned checkpoint; null in a report of an audit alone. */
  readonly digestAfter: string | null;
}

export interface ReportThresholds {
  /** Mean MA over unseen data, in [0, 1]: a model has forgotten when its MA is below. */
  readonly memorizationAccuracy: number;
  /** Mean EL_n over unseen data by n, each in [0, 1]. */
  readonly extractionLikelihood: Readonly<Record<string, number>>;
  /** Number of unseen sequences that the means are over; absent where it is not known. */
  readonly sequences?: number | undefined;
  /** Number of runs averaged over, each on its own draw of sequences. Default 1. */
  readonly runs?: number | undefined;
  /** What the unseen data were, one sentence. */
  readonly source: string;
}

/** One term of a loss: `weight` times the mean of `loss` over `tokens`. The sum of the terms is minimized. */
export interface ReportTerm {
  /** `nll`: negative log-likelihood, in nats; `kl`: divergence from the model before unlearning, in nats. */
  readonly loss: 'nll' | 'kl';
  readonly tokens: 'all' | 'secret' | 'context';
  /** A `mean` over tokens, or, `perDocument`, their sum divided by documents. Default: `mean`. */
  readonly reduction?: 'mean' | 'perDocument' | undefined;
  /** Negative weights are ascent. */
  readonly weight: number;
}

export interface ReportUnlearning {
  /** Name of the method, e.g. `CodeEraser`. */
  readonly method: string;
  /** Loss on the forget batch; empty for none. */
  readonly forget: readonly ReportTerm[];
  /** Loss on the retained batch; empty for none. */
  readonly retain: readonly ReportTerm[];
  /** `alternate`: a step on forget, then one on retain; `joint`: one step on the sum. */
  readonly schedule: 'alternate' | 'joint';
  /** Everything else that defines the method, e.g. `{ learningRate: 3e-6, gamma: 0.1, optimizer: 'adam' }`. */
  readonly hyperparameters: Readonly<Record<string, string | number | boolean>>;
  /** Absent where they were not counted. */
  readonly forgetDocuments?: number | undefined;
  readonly retainDocuments?: number | undefined;
  /** One record per evaluation, in order of epoch; epoch 0 is the model before unlearning. */
  readonly course: readonly ReportEpoch[];
  /** Epoch whose weights were kept, and why the run ended there, one sentence. */
  readonly stop: { readonly epoch: number; readonly reason: string };
}

export interface ReportEpoch {
  /** Epochs done, from 0. Integer. */
  readonly epoch: number;
  /** Mean MA of the secrets in the forget set, in [0, 1]. */
  readonly memorizationAccuracy: Measured;
  /** Mean EL_10 of the secrets in the forget set, in [0, 1]; null in epochs where it was not measured. */
  readonly extractionLikelihood: Measured;
  /** Weighted sum of the forget terms, in nats a token (negative under ascent). Null at epoch 0. */
  readonly forgetLoss: Measured;
  /** Weighted sum of the retain terms, in nats a token. Null at epoch 0 or without a retained set. */
  readonly retainLoss: Measured;
}

export interface ReportSummary {
  /** Means over the documents of the forget set (over all probed ones in an audit alone) of the means of their secrets. */
  readonly secrets?:
    | {
        /** Number of those secrets; absent where they were not counted. */
        readonly count?: number | undefined;
        /** MA, in [0, 1]; lower is better. */
        readonly memorizationAccuracy: BeforeAfter;
        /** EL_n; lower is better. */
        readonly extractionLikelihood: ExtractionLikelihoods;
      }
    | undefined;
  /** Means over whole documents, where these were measured and not their secrets alone. */
  readonly documents?:
    | {
        readonly count?: number | undefined;
        readonly memorizationAccuracy: BeforeAfter;
        readonly extractionLikelihood: ExtractionLikelihoods;
      }
    | undefined;
  /** Code that the model was trained on and is to keep. */
  readonly retained?: ReportCodeFigures | undefined;
  /** Code that the model has never seen. */
  readonly unseen?: ReportCodeFigures | undefined;
}

export interface ReportCodeFigures {
  readonly documents: number;
  /** Number of scored tokens. */
  readonly tokens: number;
  /** Mean next-token loss in nats a token; lower is better. Perplexity is its exponential. */
  readonly loss: BeforeAfter;
  /** MA, in [0, 1]; on retained code a large drop is damage. */
  readonly memorizationAccuracy: BeforeAfter;
}

export interface ReportSecret {
  /** Id or path of the document that holds it. */
  readonly document: string;
  /** Its kind: `EMAIL`, `IP_ADDRESS`, `KEY`, or whatever its owner calls it. */
  readonly tag: string;
  /** Which rule found it, e.g. `GitHub token`. */
  readonly type: string;
  /** The secret itself. The page masks it until the reader asks. */
  readonly value: string;
  /** Number of its tokens that were probed; null where it was not kept. */
  readonly tokens: Measured;
  /** Whether it was in the forget set. */
  readonly forget: boolean;
  /** MA of its tokens after their true prefix, in [0, 1]. */
  readonly memorizationAccuracy: BeforeAfter;
  readonly extractionLikelihood: ExtractionLikelihoods;
  /** What greedy decoding writes after its true prefix, as many tokens as the secret has. Null if not decoded. */
  readonly completion: { readonly before: string | null; readonly after: string | null };
}

export interface ReportMeasure {
  /** Id or path. */
  readonly document: string;
  /** MA of its tokens from the second on, in [0, 1]. */
  readonly memorizationAccuracy: BeforeAfter;
  readonly extractionLikelihood: ExtractionLikelihoods;
  /** 1 - k / L in [0, 1], where the first k of its L tokens must be given for the rest to come out. */
  readonly extractionStrength: Measured;
}

export interface ReportDocument {
  readonly id: string;
  readonly role: 'forget' | 'retained' | 'unseen';
  readonly text: string;
  /** 2T integers: start and end of every token, in UTF-16 units of `text`. */
  readonly offsets: readonly number[];
  readonly before: ReportTokenScores;
  /** Null in a report of an audit alone. */
  readonly after: ReportTokenScores | null;
  /** Where its secrets lie, in UTF-16 units of `text`, end excluded. */
  readonly secrets: readonly { readonly start: number; readonly end: number; readonly type: string }[];
}

/** What the model said of tokens 2..T: T-1 entries each. */
export interface ReportTokenScores {
  /** Natural log-probability of the token given everything before it, <= 0. */
  readonly logprobs: readonly Measured[];
  /** 1 if the token was the most likely one, else 0. */
  readonly hits: readonly number[];
}

export interface ReportClones {
  /** Least number of consecutive lines that make a block. */
  readonly threshold: number;
  /** What was searched. */
  readonly corpus: { readonly documents: number; readonly lines?: number | undefined };
  /** How outputs were sampled, e.g. `400 outputs of 256 tokens, temperature 1, top-k 40, no prompt`. */
  readonly sampling: string;
  readonly before: ReportCampaign;
  readonly after: ReportCampaign | null;
  /** Most frequent blocks first; may be cut, `before.blocks` says how many there were. */
  readonly blocks: readonly ReportBlock[];
  /** Some of the outputs, to be looked at. */
  readonly outputs: readonly ReportOutput[];
  /** Corpus documents to show when a source is followed. May hold fewer than the blocks name. */
  readonly documents?: readonly ReportCorpusDocument[] | undefined;
}

export interface ReportCampaign {
  /** Outputs sampled. */
  readonly outputs: number;
  /** Outputs that hold at least one memorized block. */
  readonly memorizedOutputs: number;
  /** Distinct memorized blocks (fingerprints). */
  readonly blocks: number;
  /** `[lines, distinct blocks of that many lines]`, ascending by lines. */
  readonly lengths: readonly (readonly [number, number])[];
}

/** Lines of a corpus document, 1-based, both ends included, counted in the text that `documents` shows. */
export interface ReportSource {
  /** Id of the document. */
  readonly document: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface ReportBlock {
  /** As in the clone log. */
  readonly fingerprint: string;
  readonly lines: number;
  readonly text: string;
  /** Places in the outputs. */
  readonly outputs: BeforeAfter;
  /** Places in the corpus. */
  readonly corpus: number;
  /** Some or all of those places. */
  readonly sources: readonly ReportSource[];
}

export interface ReportOutput {
  readonly id: string;
  readonly phase: 'before' | 'after';
  readonly text: string;
  /** Memorized lines of `text`, 1-based, both ends included; may overlap. */
  readonly spans: readonly {
    readonly startLine: number;
    readonly endLine: number;
    readonly fingerprint: string;
    readonly sources: readonly ReportSource[];
  }[];
}

export interface ReportCorpusDocument {
  readonly id: string;
  readonly path?: string | undefined;
  readonly licence?: string | undefined;
  readonly text: string;
}
