"""Writes test/fixtures/secrets/detect-secrets.json.gz: what detect-secrets 1.5.0 finds in a seeded corpus of code lines with
planted keys, and which addresses Python's ipaddress calls private.

Run:  pip install detect-secrets==1.5.0 && python3 test/oracle/make_secrets_oracle.py      (CPython 3.11)

Every key is random and opens nothing. The file is compressed so that no scanner of repositories takes them for real.
"""
import base64
import gzip
import hashlib
import ipaddress
import json
import os
import pathlib
import random
import string
import tempfile
import uuid

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

PLUGINS = """ArtifactoryDetector AWSKeyDetector AzureStorageKeyDetector CloudantDetector DiscordBotTokenDetector
GitHubTokenDetector GitLabTokenDetector IbmCloudIamDetector IbmCosHmacDetector JwtTokenDetector MailchimpDetector
NpmDetector OpenAIDetector PypiTokenDetector SendGridDetector SlackDetector SoftlayerDetector SquareOAuthDetector
StripeDetector TelegramBotTokenDetector TwilioKeyDetector Base64HighEntropyString HexHighEntropyString
IPPublicDetector""".split()
FILTERS = [f"detect_secrets.filters.heuristic.{name}" for name in (
    "is_potential_uuid", "is_likely_id_string", "is_templated_secret", "is_sequential_string",
    "is_not_alphanumeric_string")]

R = random.Random(42)
LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM, HEX = LOWER + UPPER + DIGITS, DIGITS + "abcdef"
URL_SAFE = ALNUM + "_-"


def draw(count, alphabet=ALNUM):
    return "".join(R.choice(alphabet) for _ in range(count))


def b64url(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt():
    header = b64url({"alg": "HS256", "typ": "JWT"})
    return f"{header}.{b64url({'sub': draw(10, DIGITS), 'admin': True})}.{draw(43, URL_SAFE)}"


def octets(low=1):
    return ".".join(str(R.randint(low, 223)) for _ in range(4))


# Each makes one line of code with one planted value.
LINES = [
    lambda: f'artifactory_token = "AKC{draw(R.randint(10, 60))}"',
    lambda: f"export ARTIFACTORY_PASSWORD=AP{R.choice('0123456789ABCDEF')}{draw(R.randint(8, 40))}",
    lambda: f'const accessKeyId = "{R.choice(["AKIA", "ASIA", "ABIA", "A3TX"])}{draw(16, UPPER + DIGITS)}";',
    lambda: f"aws_secret_access_key = '{draw(40, ALNUM + '/+')}'",
    lambda: f'AWS.config.update({{ secretKey: "{draw(40, ALNUM + "/+")}" }});',
    lambda: f'DefaultEndpointsProtocol=https;AccountName=store;AccountKey={draw(86, ALNUM + "+/")}==;',
    lambda: f'cloudant_password = "{draw(64, HEX)}"',
    lambda: f'cl_api_key: {draw(24, LOWER)}',
    lambda: f'url = "https://{draw(8, LOWER)}:{draw(64, HEX)}@{draw(8, LOWER)}.cloudant.com"',
    lambda: f'client.login("{R.choice("MNO")}{draw(23, ALNUM)}.{draw(6, URL_SAFE)}.{draw(27, URL_SAFE)}");',
    lambda: f'const token = "{R.choice(["ghp", "gho", "ghu", "ghs", "ghr"])}_{draw(36)}";',
    lambda: f'GITLAB_TOKEN={R.choice(["glpat", "gldt", "glft", "glsoat", "glrt"])}-{draw(20, URL_SAFE)}',
    lambda: f'runner = "GR1348941{draw(20, URL_SAFE)}"',
    lambda: f'ci = "glcbt-{draw(2, HEX)}_{draw(20)}"',
    lambda: f'trigger = "glptt-{draw(40, HEX)}"',
    lambda: f'ibm_cloud_iam_api_key = "{draw(44, URL_SAFE)}"',
    lambda: f'"apikey": "{draw(44, URL_SAFE)}"',
    lambda: f"ibm_cos_secret_access_key: '{draw(48, HEX)}'",
    lambda: f'headers = {{"Authorization": "Bearer {jwt()}"}}',
    lambda: f'request.auth = "{jwt()}"',
    lambda: f'mailchimp: "{draw(32, HEX)}-us{R.randint(1, 20)}"',
    lambda: f"//registry.npmjs.org/:_authToken=npm_{draw(36)}",
    lambda: f"//registry.npmjs.org/:_authToken={uuid.UUID(int=R.getrandbits(128))}",
    lambda: f'openai.api_key = "sk-{draw(20)}T3BlbkFJ{draw(20)}"',
    lambda: f'openai.api_key = "sk-my-project-{draw(20)}T3BlbkFJ{draw(20)}"',
    lambda: f"password = pypi-AgEIcHlwaS5vcmc{draw(R.randint(70, 120), URL_SAFE)}",
    lambda: f"password = pypi-AgENdGVzdC5weXBpLm9yZw{draw(90, URL_SAFE)}",
    lambda: f'sg = sendgrid.Client("SG.{draw(22, URL_SAFE)}.{draw(43, URL_SAFE)}")',
    lambda: f'slack = "xox{R.choice("abposr")}-{draw(12, DIGITS)}-{draw(12, DIGITS)}-{draw(24)}"',
    lambda: f'hook = "https://hooks.slack.com/services/T{draw(8, UPPER + DIGITS)}/B{draw(8, UPPER + DIGITS)}/{draw(24)}"',
    lambda: f'softlayer_api_key = "{draw(64, LOWER + DIGITS)}"',
    lambda: f'endpoint = "https://api.softlayer.com/soap/v3/{draw(64, LOWER + DIGITS)}"',
    lambda: f'square = "sq0csp-{draw(43, URL_SAFE)}"',
    lambda: f'stripe.api_key = "{R.choice("rs")}k_live_{draw(24)}"',
    lambda: f'bot = TelegramBot("{draw(R.randint(8, 10), DIGITS)}:{draw(35, URL_SAFE)}")',
    lambda: f'client = Twilio("{R.choice(["AC", "SK"])}{draw(32, HEX)}")',
    lambda: f"const cipher = '{draw(R.randint(20, 88), ALNUM + '+/')}=';",
    lambda: f'session_secret = "{draw(R.randint(24, 64), URL_SAFE)}"',
    lambda: f"salt = '{draw(R.choice([16, 24, 32, 40, 48, 64]), HEX)}'",
    lambda: f'pin = "{draw(R.randint(10, 24), DIGITS)}"',
    lambda: f'host = "{octets()}:{R.randint(1, 65535)}"',
    lambda: f"ping {octets(0)} # gateway",
]
# What looks like a key and is dropped by a filter, or is ordinary code.
DECOYS = [
    lambda: f'request_id = "{draw(32, HEX)}"',
    lambda: f"id: '{draw(40, HEX)}'",
    lambda: f'"user_ids": "{draw(48)}"',
    lambda: f'uuid = "{uuid.UUID(int=R.getrandbits(128))}"',
    lambda: 'alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"',
    lambda: 'digits = "0123456789ABCDEF"',
    lambda: 'base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"',
    lambda: 'password = "{{ vault_password }}"',
    lambda: 'token = "${GITHUB_TOKEN}"',
    lambda: "version = '1.2.3.4'",
    lambda: f'sum = "{hashlib.md5(draw(8).encode()).hexdigest()}"',
    lambda: "const { readFile, writeFile } = require('fs/promises');",
    lambda: "app.use('/static/javascripts/application-bundle', serve(root));",
    lambda: "for (let index = 0; index < items.length; index += 1) total += items[index].price;",
    lambda: "    return function isObjectLike(value) { return value != null && typeof value == 'object'; }",
    lambda: "if (key   =   other.key) { pass    :    'short' }",
    lambda: '"a\'b" + \'c"d\' + "it\'s" + \'"quoted"\'',
    lambda: "see eyJhbGciOiJIUzI1NiJ9.notjson.sig and eyJ.eyJ.eyJ",
    lambda: "export default class ApplicationController extends Controller {}",
    lambda: "",
]


def scan(text, filters):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        file.write(text)
    secrets = SecretsCollection()
    with transient_settings({
        "plugins_used": [{"name": name} for name in PLUGINS],
        "filters_used": [{"path": path} for path in filters],
    }):
        secrets.scan_file(file.name)
    os.unlink(file.name)
    found = {(s.type, s.secret_value) for group in secrets.data.values() for s in group}
    return sorted(list(pair) for pair in found)


documents = []
for number in range(24):
    lines = [R.choice(LINES)() for _ in range(9)] + [R.choice(DECOYS)() for _ in range(7)]
    # Every kind of line at least once, spread over the documents.
    lines += [make() for make in LINES[number::24]] + [make() for make in DECOYS[number::24]]
    R.shuffle(lines)
    text = "\n".join(lines) + "\n"
    documents.append({"text": text, "raw": scan(text, []), "filtered": scan(text, FILTERS)})

addresses = [octets(0) for _ in range(120)]
addresses += [str(ipaddress.IPv4Address(int(net.network_address) + R.randrange(net.num_addresses)))
              for block in ("10.0.0.0/8", "172.16.0.0/12", "172.32.0.0/12", "192.168.0.0/16", "192.169.0.0/16",
                            "127.0.0.0/8", "169.254.0.0/16", "169.255.0.0/16", "0.0.0.0/8", "192.0.0.0/29",
                            "192.0.0.8/29", "192.0.0.170/31", "192.0.2.0/24", "198.18.0.0/15", "198.20.0.0/15",
                            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "100.64.0.0/10")
              for net in [ipaddress.ip_network(block)] for _ in range(3)]
addresses += [str(ipaddress.IPv6Address(R.getrandbits(128))) for _ in range(40)]
addresses += [str(ipaddress.IPv6Address(int(net.network_address) + R.randrange(net.num_addresses)))
              for block in ("fc00::/7", "fe80::/10", "fec0::/10", "2001::/23", "2001:200::/23", "2001:db8::/32",
                            "2001:db9::/32", "100::/64", "100:0:0:1::/64", "::/128", "::1/128", "::2/128",
                            "2606:4700::/32", "2001:4860::/32", "ff00::/8")
              for net in [ipaddress.ip_network(block)] for _ in range(3)]

target = pathlib.Path(__file__).parent.parent / "fixtures" / "secrets" / "detect-secrets.json.gz"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(gzip.compress(json.dumps({
    "madeBy": "test/oracle/make_secrets_oracle.py with detect-secrets 1.5.0, CPython 3.11",
    "documents": documents,
    "isPrivate": {address: ipaddress.ip_address(address).is_private for address in addresses},
}).encode(), mtime=0))
