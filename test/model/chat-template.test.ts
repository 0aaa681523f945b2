/** Conversations become the text of transformers' apply_chat_template (test/oracle/chat_templates.py); no template harms us. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecords } from '../../lib/cli/records/records.js';
import {
  ChatTemplate,
  type ChatTemplateOptions,
  type Conversation,
} from '../../lib/model/chat/chat-template.js';

interface Case {
  readonly name: string;
  readonly template: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly rendered: readonly { readonly plain: string | null; readonly prompted: string | null }[];
}

const FIXTURE = fileURLToPath(new URL('../fixtures/chat/templates.json', import.meta.url));
const { conversations, cases } = JSON.parse(await readFile(FIXTURE, 'utf8')) as {
  conversations: Conversation[];
  cases: Case[];
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lethe-chat-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A model directory with this template, in its own file or in the tokenizer's. */
async function directoryOf(template: unknown, tokens: object = {}, own = false): Promise<string> {
  const directory = await mkdtemp(join(root, 'model-'));
  const config = own ? tokens : { ...tokens, chat_template: template };
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify(config));
  if (own) await writeFile(join(directory, 'chat_template.jinja'), template as string);
  return directory;
}

test.each(cases)(
  '$name: equals transformers',
  async ({ template, tokens, rendered }) => {
    for (const own of [false, true]) {
      const directory = await directoryOf(template, tokens, own);
      for (const [key, addGenerationPrompt] of [
        ['plain', false],
        ['prompted', true],
      ] as const) {
        const chat = new ChatTemplate(directory, { addGenerationPrompt });
        for (const [i, conversation] of conversations.entries()) {
          const text = chat.render(conversation, 'record "r"');
          if (rendered[i]![key] === null) await expect(text).rejects.toThrow(/roles must alternate\.$/);
          else expect(await text).toBe(rendered[i]![key]);
        }
      }
    }
  },
  120_000,
);

test('named templates: default, and tool_use for records with tools; a file of its own goes before', async () => {
  const named = [
    { name: 'default', template: 'plain' },
    { name: 'tool_use', template: 'with tools' },
  ];
  const chat = new ChatTemplate(await directoryOf(named));
  const messages = [{ role: 'user', content: 'x' }];
  expect(await chat.render({ messages }, 'r')).toBe('plain');
  expect(await chat.render({ messages, tools: [{}] }, 'r')).toBe('with tools');
  const directory = await directoryOf('own', {}, true);
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ chat_template: 'config' }));
  expect(await new ChatTemplate(directory).render({ messages }, 'r')).toBe('own');
});

test.each<[string, unknown, ChatTemplateOptions, RegExp]>([
  ['none', undefined, {}, /Expected a chat template in .* but found none, in chat_template\.jinja or/],
  ['is no Jinja', '{% for %}', {}, /to render the messages of record "r" but it failed: .*\.$/],
  [
    'loops',
    '{% for a in range(3000) %}{% for b in range(3000) %}{% for c in range(3000) %}{% endfor %}{% endfor %}{% endfor %}',
    { timeoutMs: 3000 },
    /it had not ended after 3 s\.$/,
  ],
  [
    'calls itself',
    '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
    {},
    /it failed: Cannot call something that is not a function: got UndefinedValue\.$/,
  ],
  [
    'eats memory',
    '{% for a in range(1000000000) %}{% endfor %}',
    { timeoutMs: 60_000 },
    /it took more than 256 MB of memory\.$/,
  ],
  [
    'would lose text',
    '{% for m in messages %}{{ m.content }}{% if loop.last %}{% break %}{% endif %}{% endfor %}',
    {},
    /break or continue after output in a loop is not supported\.$/,
  ],
  ['is nameless', [{ name: 'rag', template: 'x' }], {}, /it has none called default, only rag\.$/],
])(
  'a template that %s is one sentence',
  async (_, template, options, message) => {
    const chat = new ChatTemplate(await directoryOf(template), options);
    const rendering = chat.render({ messages: [{ role: 'user', content: 'x' }] }, 'record "r"');
    const error = await rendering.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('\n');
  },
  120_000,
);

test('records with messages become text that holds its special tokens', async () => {
  const path = join(root, 'in.jsonl');
  const messages = [{ role: 'user', content: 'hi' }];
  await writeFile(path, `${JSON.stringify({ id: 1, messages })}\n{"id": 2, "text": "plain"}\n`);
  const chat = new ChatTemplate(await directoryOf('<s>{{ messages[0].content }}'));
  const records = [];
  for await (const record of readRecords(path, { chat })) records.push(record);
  expect(records).toEqual([
    { id: 1, named: true, text: '<s>hi', rendered: true },
    { id: 2, named: true, text: 'plain' },
  ]);
  await writeFile(path, `${JSON.stringify({ id: 1, messages, text: 'both' })}\n`);
  await expect(readRecords(path, { chat }).next()).rejects.toThrow(/one of text, tokens and messages/);
});
