"""Conversations rendered by apply_chat_template of transformers, with templates of the kinds that published models have.

Writes test/fixtures/chat/templates.json: each template with its special tokens, conversations, and the text of each, with
and without the beginning of an answer; null where transformers raises.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "chat" / "templates.json"
CHATML = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
You are helpful<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}"""
LLAMA2 = """{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"""
TOOLS = """{%- if tools %}
    {{- '<|im_start|>system\\n# Tools\\n' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=0) %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set ns.last = loop.index0 %}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content | trim ~ '<|im_end|>\\n' }}
    {%- elif message.content is iterable and message.content is not none %}
        {%- for part in message.content if part.type == 'text' %}{{- part.text }}|{% endfor %}
    {%- endif %}
    {%- for call in message.tool_calls or [] %}
        {{- '<tool_call>' ~ call.function.name ~ call.function.arguments | tojson ~ '</tool_call>\\n' }}
    {%- endfor %}
{%- endfor %}
{{- ns.last }}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
BLOCKS = """{# a comment #}
{% macro show(role, text='-') %}
[{{ role | upper }}] {{ text }}
{% endmacro %}
{{ bos_token }}
{% for m in messages %}
  {% if m.role == 'system' %}
    {% continue %}
  {% endif %}
  {% if loop.index > 2 %}
    {% break %}
  {% endif %}
{{ show(m.role, m.content) }}
{% endfor %}
{% if add_generation_prompt %}>{% endif %}
"""
TEMPLATES = [
    {"name": "chatml", "template": CHATML, "tokens": {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}},
    {"name": "llama2", "template": LLAMA2, "tokens": {"bos_token": "<s>", "eos_token": "</s>"}},
    {"name": "tools", "template": TOOLS, "tokens": {}},
    {"name": "blocks", "template": BLOCKS, "tokens": {"bos_token": "<s>"}},
]
TOOL = {"type": "function", "function": {"name": "add", "description": "Adds <b> & \u00e9", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": []}}}
CONVERSATIONS = [
    {"messages": [{"role": "user", "content": "Write a sort in C."}]},
    {"messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": " caf\u00e9 \U0001f600\n```py\nx = {'a': 1}\n``` "}, {"role": "assistant", "content": "done"}, {"role": "user", "content": "more"}]},
    {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
    {"messages": [{"role": "user", "content": "3 + 4?"}, {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": {"a": 3, "s": "\"<\u00e9>"}}}]}], "tools": [TOOL]},
]


def main():
    cases = []
    for given in TEMPLATES:
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), **given["tokens"])
        rendered = []
        for conversation in CONVERSATIONS:
            pair = {}
            for key, prompt in [("plain", False), ("prompted", True)]:
                try:
                    pair[key] = tokenizer.apply_chat_template(
                        conversation["messages"], tools=conversation.get("tools"), chat_template=given["template"],
                        add_generation_prompt=prompt, tokenize=False,
                    )
                except Exception as error:  # the template's own
                    print(given["name"], error)
                    pair[key] = None
            rendered.append(pair)
        cases.append({**given, "rendered": rendered})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"conversations": CONVERSATIONS, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
