/** What a contestant is asked, one JSON object a line, and what it answers: the same work for Lethe and for its peers. */

export interface LoadRequest {
  readonly do: 'load';
  readonly directory: string;
  readonly dtype: 'float32' | 'float16';
}

export interface GenerateRequest {
  readonly do: 'generate';
  readonly rows: readonly { readonly prompt: readonly number[]; readonly maxTokens: number }[];
  /** Rows decoded together: Lethe's slots, the peer's padded batches. */
  readonly slots: number;
}

export interface ElicitRequest {
  readonly do: 'elicit';
  readonly documents: readonly (readonly number[])[];
  readonly n: number;
}

export interface ScoreRequest {
  readonly do: 'score';
  readonly documents: readonly (readonly number[])[];
  /** Documents of one pass, for the peer. */
  readonly batch: number;
}

export interface TokenizeRequest {
  readonly do: 'tokenize';
  /** Holds tokenizer.json. */
  readonly directory: string;
  readonly files: readonly string[];
}

export interface SecretsRequest {
  readonly do: 'secrets';
  /** Of UTF-8. */
  readonly files: readonly string[];
}

/** Of peers/int8.py: the matrix products of `steps` decoding steps; how rounded weights change the greedy tokens. */
export type Int8Request =
  | { readonly do: 'products'; readonly directory: string; readonly batch: number; readonly steps: number }
  | {
      readonly do: 'agreement';
      readonly directory: string;
      readonly documents: readonly (readonly number[])[];
    };

export type Request =
  | { readonly do: 'ready' }
  | LoadRequest
  | GenerateRequest
  | ElicitRequest
  | ScoreRequest
  | TokenizeRequest
  | SecretsRequest
  | Int8Request;

export interface Answer {
  /** Of the work alone, without reading the request. */
  readonly seconds: number;
  /** generate: new tokens of each row. */
  readonly tokens?: readonly (readonly number[])[];
  /** elicit: [MA, EL_n] of each document; score: [mean negative log-likelihood] of each document; tokenize: [tokens, sum of ids]; secrets: [finds]; agreement: [MA, MA with rounded weights], [share of tokens that differ]. */
  readonly values?: readonly (readonly number[])[];
  /** ready: versions of what does the work. */
  readonly about?: string;
}
