"""The prompts of Python files by Python's own parser and tokenizer: what lib/sampling/function-prompt.ts scans.
By Python 3.12 or newer, whose f-strings may hold any expression.

make_function_prompts.py > test/fixtures/sampling/function-prompts.jsonl   cases made of fragments, with their prompts
make_function_prompts.py FILE_OR_DIRECTORY... > prompts.jsonl              {path, sha1} for check_function_prompts.ts
"""

import ast
import hashlib
import io
import json
import random
import sys
import tokenize
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def offset(lines, line, column):
    """Index of a position as ast has it: lines from 1, columns in UTF-8 bytes."""
    before = sum(len(text) for text in lines[: line - 1])
    return before + len(lines[line - 1].encode()[:column].decode())


def function_prompt(source):
    """Up to and including the first function's signature and docstring; None without a function."""
    tree = ast.parse(source)
    found = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    if not found:
        return None
    first = min(found, key=lambda node: (node.lineno, node.col_offset))
    lines = split_lines(source)
    statement = first.body[0]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        if isinstance(statement.value.value, str):
            return source[: offset(lines, statement.end_lineno, statement.end_col_offset)]
    return source[: colon_after(source, lines, first)]


def split_lines(source):
    return list(io.StringIO(source, newline=""))


def colon_after(source, lines, function):
    """Index after the last colon between the signature and the body that stands in no bracket and no lambda."""
    begin, body = (function.lineno, function.col_offset), function.body[0]
    depth, last = 0, None
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    for token in tokens:
        position = (token.start[0], len(token.line[: token.start[1]].encode()))
        if position < begin:
            continue
        if position >= (body.lineno, body.col_offset):
            break
        if token.type != tokenize.OP:
            continue
        depth += token.string in "([{"
        depth -= token.string in ")]}"
        if token.string == ":" and depth == 0:
            last = offset(lines, token.end[0], len(token.line[: token.end[1]].encode()))
        if token.string == "@" and last is not None:
            break
    return last


HEADS = [
    "", "# def comment(): pass\n", '"""Module: def inside(): no."""\n', "import os\n\n\n", "x = 'def f():'\n",
    "x = 0xdef\n", "y = [\n  1, # def\n  2]\n", "s = r'\\'\nt = 1\n".replace("'\\'", "'\\\\'"), "z = 'a\\\n def g(): b'\n",
    "b = b'''def h():\n'''\n", "f = f'{1}def'\n", "définition = 'é'\n", "class A(object):\n    x = {'def': 1}\n",
    "l = lambda a: (a, 'def')\n", "if 1: pass\n", "a = '\"' + \"'\"\n", "q = '''it's \"def\"'''\n", "x = 1; y = 2\n",
    "@wrap(lambda x: {'a': 1})\n", "try:\n    pass\nexcept Exception: pass\n", "\x0cimport sys\n", "x = 1 + \\\n  2\n",
]
SIGNATURES = [
    "def f():", "def  f ( ) :", "async def f(a, b=1):", "def f(a: int = 1, *, b: 'str' = ':') -> None:",
    "def f(\n    a,  # one: (\n    b={'x': 1},\n):", "def f(a=lambda x: x, b=[1:2][0]):".replace("[1:2]", "'ab'[1:2]"),
    "def f(a: Dict[str, 'List[int]'] = {1: 2}) -> Tuple[int, ...]:", "def \\\n  f():", "def f() -> lambda: 0:",
    "def f(a=')', b=\"(\", c='''):\n'''):", "def naïve(é='ü'):", "def f(a, /, b, *args, c: int, **kw):",
    "async  def\tf(x):",
]
BODIES = [
    " pass", " return 1  # ...", " 'doc'", ' "doc: def"; x = 1', "\n{i}'''doc'''", '\n{i}"""Many\n  lines.\n\n{i}"""\n{i}return 1',
    "\n{i}pass", "  # comment\n\n{i}# more\n{i}r'''raw \\'''\n{i}'''", "\n{i}u'text'", "\n{i}b'bytes'", "\n{i}f'{{1}}'",
    "\n{i}'one' 'two'", "\n{i}'one' \\\n{i}  'two'", "\n{i}'%s' % 1", "\n{i}'a'.join([])", "\n{i}x = '''no doc'''",
    "\n{i}R\"it\\\"s\"", "\n{i}'a', 'b'", "\n{i}def g():\n{i}    '''inner'''", "\n\n\n{i}'''after blank lines 日本'''\n{i}return",
    "\n{i}...", "\n{i}'a' f'{{1}}'", "\n{i}'doc' # comment",
]
TAILS = ["", "\n", "\n\ndef other():\n    'other'\n", "\nx = 1\n"]


def cases():
    draw = random.Random(0)
    seen = set()
    for number in range(500):
        head = "".join(draw.sample(HEADS, draw.randrange(4)))
        nested = head.endswith("class A(object):\n    x = {'def': 1}\n")
        indent = "    " if nested else ""
        body = draw.choice(BODIES).format(i=indent + "    ")
        source = head + indent + draw.choice(SIGNATURES) + body + draw.choice(TAILS)
        if draw.random() < 0.15:
            source = source.replace("\n", "\r\n")
        if source in seen:
            continue
        seen.add(source)
        try:
            prompt = function_prompt(source)
        except SyntaxError:
            continue
        yield {"source": source, "prompt": prompt}
    for head in HEADS:
        try:
            yield {"source": head, "prompt": function_prompt(head)}
        except SyntaxError:
            continue
    yield from formatted_cases()


def formatted(draw, depth=0):
    """A random f-string as PEP 701 has them: any quotes in fields, lines, comments, backslashes, nested formats."""
    prefix, quotes = draw.choice(["f", "F", "rf", "fR", "f"]), draw.choice(["'", '"', "'" * 3, '"' * 3])
    texts = [
        "def h():", "{{", "}}", "{{def}}", "\\N{BULLET}", "\\\\", '\\"', "\\'", "\\n", "\\{x}", "#", " ", "é", "\\\n",
    ]
    if len(quotes) == 3:
        texts += ["\n", "\n# def no():\n", quotes[0], "\ndef k():\n    pass\n"]
    fields = [
        "x", "d['def f():']", 'd["a"]', "'\"'", '"\'"', "'{'", "'" * 3 + "}" + "'" * 3, "x!r", "x != y", "x=", " {1: 2}[1]",
        "(lambda a: a)(1)", "[a for a in x if a]", "x\n", "x # def }\n", "(\n1,\n)", "'\\n'.join(x)", "x[1:2]", "x:>10",
        "x!r:^{w}.{p}", "x:%H:%M", "x:{'>'}{w!r}", "x if y else 'z'", "(y := 1)", '"' * 3 + "\n" + '"' * 3,
    ]
    text = ""
    for _ in range(draw.randrange(1, 5)):
        if draw.random() < 0.5:
            text += draw.choice(texts)
        else:
            nested = depth < 3 and draw.random() < 0.4
            text += "{" + (formatted(draw, depth + 1) if nested else draw.choice(fields)) + "}"
    return prefix + quotes + text + quotes


def formatted_cases():
    draw, made = random.Random(1), 0
    while made < 300:
        string = formatted(draw)
        source = draw.choice([
            f"x = {string}\ndef g(a):\n    pass\n",
            f"def g(a, b={string}) -> int:\n    'doc'\n",
            f"def g(a):\n    {string}\n",
            f"@wrap({string})\nclass A:\n    def g(self): pass\n",
        ])
        try:
            prompt = function_prompt(source)
        except (SyntaxError, ValueError):
            continue
        made += 1
        yield {"source": source, "prompt": prompt}


def files(paths):
    for path in map(Path, paths):
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            try:
                source = file.read_bytes().decode("utf-8-sig")
                prompt = function_prompt(source)
            except (SyntaxError, ValueError, RecursionError):
                continue
            yield {"path": str(file), "sha1": prompt and hashlib.sha1(prompt.encode()).hexdigest()}


if __name__ == "__main__":
    for line in files(sys.argv[1:]) if len(sys.argv) > 1 else cases():
        print(json.dumps(line))
