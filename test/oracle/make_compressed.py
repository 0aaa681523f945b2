"""Writes ../fixtures/data/compressed: one text of JSON lines as the tools compress it. Needs the command zstd."""
import bz2
import gzip
import json
import lzma
import subprocess
from pathlib import Path

OUT = Path(__file__).parent.parent / 'fixtures' / 'data' / 'compressed'


def text_of(first, count):
    records = [{'id': i, 'text': f'def f{i}(x):\n    return x + {i}  # é 🙂\n'} for i in range(first, first + count)]
    return ''.join(json.dumps(record, ensure_ascii=False) + '\n' for record in records).encode()


def run(*command, data):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


a, b = text_of(0, 300), text_of(300, 300)
whole = a + b
files = {
    'gzip.gz': gzip.compress(whole, mtime=0),
    'gzip-members.gz': gzip.compress(a, mtime=0) + gzip.compress(b, mtime=0),
    'zstd.zst': run('zstd', '-q', data=whole),
    'zstd-19.zst': run('zstd', '-q', '-19', data=whole),
    'zstd-no-checksum.zst': run('zstd', '-q', '--no-check', data=whole),
    'zstd-frames.zst': run('zstd', '-q', data=a) + run('zstd', '-q', data=b'') + run('zstd', '-q', data=b),
    # As parallel compressors write them: a frame to be skipped stands before each of the others.
    'zstd-skippable.zst': bytes.fromhex('502a4d1803000000616263') + run('zstd', '-q', data=a) + bytes.fromhex('5f2a4d1800000000') + run('zstd', '-q', data=b),
    'bzip2.bz2': bz2.compress(whole),
    'bzip2-streams.bz2': bz2.compress(a, 1) + bz2.compress(b'') + bz2.compress(b),
    'xz.xz': lzma.compress(whole),
    'xz-streams.xz': lzma.compress(a) + bytes(8) + lzma.compress(b, check=lzma.CHECK_CRC32),
}
OUT.mkdir(parents=True, exist_ok=True)
(OUT / 'documents.jsonl').write_bytes(whole)
for name, data in files.items():
    (OUT / name).write_bytes(data)
    print(name, len(data))
