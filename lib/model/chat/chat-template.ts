/**
 * Conversations as the text that a model was trained on, by the chat template in its directory: what `apply_chat_template`
 * of transformers gives (test/oracle/chat_templates.py). A template is a program by a stranger. It runs by
 * @huggingface/jinja in a thread of its own, whose time and memory are bounded.
 */
import type { Piscina } from 'piscina';
import { InputError } from '../../errors.js';
import { moduleFile } from '../../package.js';
import type { RenderTask } from './render-worker.js';
import { readTemplateFile, type TemplateFile } from './template-file.js';

/** `role` and `content`, and whatever else the template asks for. */
export type ChatMessage = Readonly<Record<string, unknown>>;

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** Descriptions of functions that the model may call, as JSON schemas. Default: none. */
  readonly tools?: readonly unknown[] | undefined;
}

export interface ChatTemplateOptions {
  /** End with what begins an answer, so that the model writes one. Default: false. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** For one conversation, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number | undefined;
}

/** A conversation is a few megabytes at most. */
const WORKER_MEMORY_MB = 256;

/** Longer reasons are cut: a template may put the whole conversation into one. */
const REASON_CHARACTERS = 160;

export class ChatTemplate {
  readonly #directory: string;
  readonly #addGenerationPrompt: boolean;
  readonly #timeoutMs: number;
  #file: Promise<TemplateFile> | undefined;
  /** Its thread keeps no process alive. */
  #pool: Promise<Piscina> | undefined;

  /** @param directory of the model; nothing is read before the first conversation */
  constructor(
    directory: string,
    { addGenerationPrompt = false, timeoutMs = 10_000 }: ChatTemplateOptions = {},
  ) {
    this.#directory = directory;
    this.#addGenerationPrompt = addGenerationPrompt;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The text of a conversation, special tokens included: none are to be put around it.
   *
   * @param name of the record, for messages
   * @throws InputError `ERR_FILE_NOT_FOUND` for a model without a template; `ERR_MODEL_FORMAT` for a template that fails,
   *   takes too long or too much memory
   */
  async render({ messages, tools }: Conversation, name: string): Promise<string> {
    this.#file ??= requireTemplate(this.#directory);
    const { templates, specialTokens } = await this.#file;
    const source = (tools === undefined ? undefined : templates.get('tool_use')) ?? templates.get('default');
    if (source === undefined)
      throw this.#failed(name, `it has none called default, only ${[...templates.keys()].join(', ')}`);
    const variables = {
      ...specialTokens,
      messages,
      tools: tools ?? null,
      documents: null,
      add_generation_prompt: this.#addGenerationPrompt,
    };
    return this.#ask({ source, variables }, name);
  }

  async #ask(task: RenderTask, name: string): Promise<string> {
    this.#pool ??= startPool();
    const pool = await this.#pool;
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    try {
      return (await pool.run(task, { signal: timeout })) as string;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (timeout.aborted) throw this.#failed(name, `it had not ended after ${this.#timeoutMs / 1000} s`);
      throw this.#failed(
        name,
        code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it took more than ${WORKER_MEMORY_MB} MB of memory` : message,
      );
    }
  }

  #failed(name: string, reason: string): InputError {
    const line = reason
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim()
      .replace(/\.$/, '');
    const cut = line.length > REASON_CHARACTERS ? `${line.slice(0, REASON_CHARACTERS)}...` : line;
    return new InputError(
      'ERR_MODEL_FORMAT',
      `Expected the chat template of ${this.#directory} to render the messages of ${name} but it failed: ${cut}.`,
      { remedy: 'Give text instead of messages, or mend the template.' },
    );
  }
}

async function requireTemplate(directory: string): Promise<TemplateFile> {
  const file = await readTemplateFile(directory);
  if (file !== undefined) return file;
  throw new InputError(
    'ERR_FILE_NOT_FOUND',
    `Expected a chat template in ${directory} for records with messages but found none, in chat_template.jinja or tokenizer_config.json.`,
    { remedy: 'The model is not made for conversations: give text instead of messages.' },
  );
}

/** Loaded by the first conversation only: most runs have none. */
async function startPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  const { entryOf } = await import('../../parallel.js');
  return new Piscina({
    ...entryOf(moduleFile('model/chat/render-worker.js')),
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: WORKER_MEMORY_MB },
  });
}
