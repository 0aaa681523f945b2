"""
Writes ../fixtures/data/parquet-matrix.json.xz: small Parquet files of every encoding, codec, page version and kind of
nulls, by four writers, each with its rows as pyarrow reads them. Needs pyarrow, pandas, polars, duckdb.
With a directory and a number of rows it writes them there instead, that large, for check_parquet.ts, by hand.
"""
import io
import itertools
import json
import lzma
import sys
import tempfile
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 23
COLUMNS = ['id', 'text', 'path', 'license']
CODECS = ['NONE', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4']
ENCODINGS = {
    'plain': {},
    'delta': {'id': 'DELTA_BINARY_PACKED', 'text': 'DELTA_BYTE_ARRAY', 'path': 'DELTA_BYTE_ARRAY', 'license': 'DELTA_LENGTH_BYTE_ARRAY'},
    'delta-length': {'text': 'DELTA_LENGTH_BYTE_ARRAY', 'path': 'DELTA_LENGTH_BYTE_ARRAY', 'license': 'DELTA_LENGTH_BYTE_ARRAY'},
    'split': {'id': 'BYTE_STREAM_SPLIT', 'license': 'DELTA_BYTE_ARRAY'},
}
TEXTS = ['', 'é 🙂', 'import os\n', 'print("a")', '\u2028x']


def null(kind, i):
    third = ROWS // 3
    return {
        'none': False,
        'third': i % 3 == 0,
        'most': i % 11 != 5,
        'first': i < third,
        'last': i >= ROWS - third,
        'all': True,
    }[kind]


def table(kind, required=False):
    ids = [None if null(kind, i) and kind != 'all' else i * 3 - 7 + (2**40 if i % 5 == 0 else 0) for i in range(ROWS)]
    texts = [f'{TEXTS[i % 5]}def f{i}(x):\n    return {i % 4}' for i in range(ROWS)]
    paths = [None if null(kind, i) else f'src/lib/part_{i // 4}/file_{i}.py' for i in range(ROWS)]
    licences = [None if null(kind, i) else ['mit', 'apache-2.0', ''][i % 3] for i in range(ROWS)]
    tags = [None if null(kind, i) else ['a', None, 'b'][: i % 4] for i in range(ROWS)]
    nested = [None if null(kind, i) else {'a': i, 'b': None if i % 2 else str(i)} for i in range(ROWS)]
    text_type = pa.string() if not required else pa.large_string()
    fields = [
        pa.field('tags', pa.list_(pa.string())),
        pa.field('id', pa.int64(), nullable=True),
        pa.field('nested', pa.struct([('a', pa.int64()), ('b', pa.string())])),
        pa.field('text', text_type, nullable=not required),
        pa.field('path', pa.string()),
        pa.field('license', pa.string()),
        pa.field('score', pa.float64()),
    ]
    scores = [i / 7 for i in range(ROWS)]
    return pa.table([tags, ids, nested, texts, paths, licences, scores], schema=pa.schema(fields))


def by_pyarrow(data, **options):
    out = io.BytesIO()
    pq.write_table(data, out, **options)
    return out.getvalue()


def by_polars(data, **options):
    out = io.BytesIO()
    polars.from_arrow(data).write_parquet(out, **options)
    return out.getvalue()


def by_duckdb(data, codec, version, group):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / 'a.parquet'
        duckdb.sql('set threads=1')
        duckdb.sql(
            f"copy (select * from data) to '{path}' (format parquet, compression {codec}, parquet_version {version}, row_group_size {group})"
        )
        return path.read_bytes()


def files():
    kinds = ['none', 'third', 'most', 'first', 'last', 'all']
    for (name, encodings), codec, version, kind in itertools.product(ENCODINGS.items(), CODECS, ['1.0', '2.0'], kinds):
        yield (
            f'pyarrow-{name}-{codec}-{version}-{kind}',
            by_pyarrow(
                table(kind),
                compression=codec,
                data_page_version=version,
                use_dictionary=False,
                column_encoding=encodings or None,
                row_group_size=max(1, ROWS // 2),
                data_page_size=64,
                write_batch_size=7,
            ),
        )
    for codec, version, kind in itertools.product(CODECS, ['1.0', '2.0'], kinds):
        yield (
            f'pyarrow-dictionary-{codec}-{version}-{kind}',
            by_pyarrow(table(kind), compression=codec, data_page_version=version, row_group_size=ROWS, write_page_checksum=True),
        )
    for kind, group, limit in itertools.product(kinds, [1, 5, ROWS], [1, 60, 2**20]):
        yield (
            f'pyarrow-groups-{kind}-{group}-{limit}',
            by_pyarrow(
                table(kind, required=True),
                compression='SNAPPY',
                row_group_size=group,
                data_page_size=30,
                write_batch_size=4,
                dictionary_pagesize_limit=limit,
                store_schema=False,
                use_dictionary=['path', 'license', 'text'],
            ),
        )
    for kind, codec in itertools.product(kinds, ['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed']):
        yield f'polars-{kind}-{codec}', by_polars(table(kind), compression=codec, row_group_size=max(1, ROWS // 2), data_page_size=100)
    for kind, codec, version in itertools.product(kinds, ['snappy', 'zstd', 'gzip', 'lz4_raw', 'brotli', 'uncompressed'], ['V1', 'V2']):
        yield f'duckdb-{kind}-{codec}-{version}', by_duckdb(table(kind), codec, version, 2048)
    for kind in kinds:
        out = io.BytesIO()
        table(kind).to_pandas().to_parquet(out)
        yield f'pandas-{kind}', out.getvalue()


def rows_of(data):
    read = pq.read_table(io.BytesIO(data), columns=COLUMNS).to_pydict()
    return [list(row) for row in zip(*(read[column] for column in COLUMNS))]


if len(sys.argv) > 1:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files():
        (out / f'{name}.parquet').write_bytes(data)
        (out / f'{name}.json').write_text(json.dumps(rows_of(data)))
else:
    # Most files have the same rows.
    tables, cases = [], []
    for name, data in files():
        rows = rows_of(data)
        if rows not in tables:
            tables.append(rows)
        cases.append({'name': name, 'rows': tables.index(rows), 'file': data.hex()})
    path = Path(__file__).parent.parent / 'fixtures' / 'data' / 'parquet-matrix.json.xz'
    path.write_bytes(lzma.compress(json.dumps({'columns': COLUMNS, 'tables': tables, 'cases': cases}).encode(), preset=9))
    print(len(cases), 'files,', len(tables), 'tables,', path.stat().st_size, 'bytes')
