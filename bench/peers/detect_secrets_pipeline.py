"""The published scan of secrets, one process, as a contestant: answers secrets requests of bench/protocol.ts.

Keys by detect-secrets with the plugins and filters of the published pipeline, on a file of each text's own, as there; e-mail
and IP addresses by expressions of its kind (delimiters on both sides). Its rules about gibberish and hashes come after
these and take little time: they are left out.
"""

import json
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import regex
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

PLUGINS = [
    'ArtifactoryDetector', 'AWSKeyDetector', 'AzureStorageKeyDetector', 'CloudantDetector', 'DiscordBotTokenDetector',
    'GitHubTokenDetector', 'GitLabTokenDetector', 'IbmCloudIamDetector', 'IbmCosHmacDetector', 'JwtTokenDetector',
    'MailchimpDetector', 'NpmDetector', 'OpenAIDetector', 'PypiTokenDetector', 'SendGridDetector', 'SlackDetector',
    'SoftlayerDetector', 'SquareOAuthDetector', 'StripeDetector', 'TelegramBotTokenDetector', 'TwilioKeyDetector',
    'IPPublicDetector',
]  # fmt: skip
SETTINGS = {
    'plugins_used': [{'name': name} for name in PLUGINS]
    + [{'name': 'Base64HighEntropyString', 'limit': 4.5}, {'name': 'HexHighEntropyString', 'limit': 3.0}],
    'filters_used': [
        {'path': f'detect_secrets.filters.heuristic.{name}'}
        for name in (
            'is_potential_uuid', 'is_likely_id_string', 'is_templated_secret', 'is_sequential_string',
            'is_not_alphanumeric_string',
        )
    ],
}  # fmt: skip
BEFORE = r'(?<=^|[\s@,?!;:)(\'".<\p{Han}])'
AFTER = r'(?=$|[\s@,?!;:)(\'".>\p{Han}])'
EMAIL = regex.compile(BEFORE + r'([^\s@?!;,:)(\'"<]+@[^\s@?!;,]*[^\s?!;,:)(\'">.]\.\p{L}{2,})' + AFTER, regex.M)
BYTE = r'(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)'
GROUP = r'[0-9a-fA-F]{1,4}'
IP = regex.compile(
    BEFORE + rf'((?:{BYTE}\.){{3}}{BYTE}|(?:{GROUP}:){{7}}{GROUP}|(?:{GROUP}:){{1,7}}:(?:{GROUP}:?){{0,6}})' + AFTER, regex.M
)


def find(text):
    with tempfile.NamedTemporaryFile('w', suffix='.txt', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        secrets = SecretsCollection()
        secrets.scan_file(file.name)
    keys = sum(text.count(secret.secret_value) for found in secrets.data.values() for secret in found)
    return keys + sum(1 for _ in EMAIL.finditer(text)) + sum(1 for _ in IP.finditer(text))


def scan(request):
    finds = seconds = 0
    with transient_settings(SETTINGS):
        for path in request['files']:
            text = Path(path).read_bytes().decode()
            start = time.perf_counter()
            finds += find(text)
            seconds += time.perf_counter() - start
    return {'seconds': seconds, 'values': [[finds]]}


for line in sys.stdin:
    request = json.loads(line)
    if request['do'] == 'ready':
        answer = {'seconds': 0, 'about': f'detect-secrets {version("detect-secrets")}, 1 process'}
    else:
        answer = scan(request)
    print(json.dumps(answer), flush=True)
