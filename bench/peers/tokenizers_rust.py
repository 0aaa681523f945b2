"""The Rust tokenizers library, on one thread, as a contestant: answers tokenize requests of bench/protocol.ts."""

import json
import os
import sys
import time
from pathlib import Path

os.environ['TOKENIZERS_PARALLELISM'] = 'false'
os.environ['RAYON_NUM_THREADS'] = '1'
import tokenizers  # noqa: E402


def tokenize(request):
    tokenizer = tokenizers.Tokenizer.from_file(request['directory'] + '/tokenizer.json')
    # As they are: Python would turn CRLF into LF.
    texts = [Path(path).read_bytes().decode() for path in request['files']]
    tokens = checksum = seconds = 0
    for text in texts:
        start = time.perf_counter()
        encoding = tokenizer.encode(text, add_special_tokens=False)
        seconds += time.perf_counter() - start  # making Python's lists is not counted
        ids = encoding.ids
        tokens += len(ids)
        checksum += sum(ids)
    return {'seconds': seconds, 'values': [[tokens, checksum]]}


for line in sys.stdin:
    request = json.loads(line)
    if request['do'] == 'ready':
        answer = {'seconds': 0, 'about': f'tokenizers {tokenizers.__version__} (Rust) from Python, 1 thread'}
    else:
        answer = tokenize(request)
    print(json.dumps(answer), flush=True)
