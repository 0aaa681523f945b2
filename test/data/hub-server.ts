/** The paths of the Hugging Face hub that a download asks for, of one model or data set, on the machine itself. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubModel {
  /** Default `model`. */
  readonly kind?: 'model' | 'dataset';
  readonly name: string;
  readonly commit: string;
  readonly branches: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Files kept apart, under their SHA-256, as large ones are. */
  readonly large: readonly string[];
}

/** Answers a request by itself if it returns true. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

export const gitDigest = (data: Buffer) =>
  createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex');
export const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

export class HubServer implements AsyncDisposable {
  /** `GET /path [range] [authorization]` of all requests. */
  readonly requests: string[] = [];
  intercept: Interception = () => false;
  /** Other entries for the listing of files. */
  listed: object[] = [];

  private constructor(
    readonly model: HubModel,
    private readonly server: Server,
  ) {}

  static async start(model: HubModel): Promise<HubServer> {
    const server = createServer((request, response) => hub.#answer(request, response));
    const hub = new HubServer(model, server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Every way out answers once; what the answer's own function gives does not matter. */
  #answer(request: IncomingMessage, response: ServerResponse): unknown {
    const { range = '', authorization = '' } = request.headers;
    this.requests.push([request.method, request.url, range, authorization].filter(Boolean).join(' '));
    if (this.intercept(request, response)) return;
    const { pathname } = new URL(request.url!, this.endpoint);
    const { kind = 'model', name, commit, branches, files, large } = this.model;
    const api = `/api/${kind}s/${name}`;
    if (pathname.startsWith(`${api}/revision/`)) {
      const revision = decodeURIComponent(pathname.slice(`${api}/revision/`.length));
      const sha = revision === commit ? commit : branches[revision];
      if (sha === undefined) return refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
      return json(response, {
        _id: '1',
        id: name,
        sha,
        private: false,
        lastModified: '2024-01-01T00:00:00Z',
      });
    }
    if (pathname === `${api}/tree/${commit}`) {
      const recursive = new URL(request.url!, this.endpoint).searchParams.get('recursive') === 'true';
      const inside = Object.entries(files).filter(([path]) => recursive || !path.includes('/'));
      const entries = inside.map(([path, data]) => ({
        type: 'file',
        path,
        size: data.length,
        oid: gitDigest(data),
        ...(large.includes(path) ? { lfs: { oid: sha256(data), size: data.length, pointerSize: 130 } } : {}),
      }));
      return json(response, [...entries, ...this.listed]);
    }
    const resolve = `${kind === 'model' ? '' : '/datasets'}/${name}/resolve/${commit}/`;
    const asked = pathname.startsWith(resolve) ? decodeURIComponent(pathname.slice(resolve.length)) : '';
    const data = files[asked];
    if (data !== undefined) return sendFile(request, response, data, large.includes(asked), commit);
    return refuse(response, 404, 'RepoNotFound', 'Repository not found');
  }
}

export function refuse(response: ServerResponse, status: number, code: string, error = code): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-error-code': code });
  response.end(JSON.stringify({ error }));
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  data: Buffer,
  large: boolean,
  commit: string,
): void {
  const etag = `"${large ? sha256(data) : gitDigest(data)}"`;
  const headers = { etag, 'accept-ranges': 'bytes', 'x-repo-commit': commit };
  const range = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? '');
  if (range === null) {
    response.writeHead(200, { ...headers, 'content-length': data.length });
    response.end(request.method === 'HEAD' ? undefined : data);
    return;
  }
  const begin = Number(range[1]);
  const part = data.subarray(begin, range[2] === undefined ? data.length : Number(range[2]) + 1);
  response.writeHead(206, {
    ...headers,
    'content-length': part.length,
    'content-range': `bytes ${begin}-${begin + part.length - 1}/${data.length}`,
  });
  response.end(part);
}
