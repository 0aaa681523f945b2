/** A local HTTP server of one file, with ranges, that can be told to misbehave. */
import { statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  /** Status to answer with instead of the file. */
  readonly status?: number;
  readonly location?: string;
  /** Bytes of the body after which the connection is cut, once {@link FileServer.part} holds them. */
  readonly cutAfter?: number;
}

export class FileServer implements AsyncDisposable {
  /** Range headers, one a request; undefined where there was none. */
  readonly ranges: (string | undefined)[] = [];
  readonly authorizations: (string | undefined)[] = [];
  etag: string | undefined = '"one"';
  /** The client's part file: a connection cut earlier would lose what the client has received and not yet written. */
  part = '';
  readonly #server: Server;

  private constructor(
    public content: Buffer,
    /** Answers to the first requests; after them the file is served. */
    readonly answers: Answer[],
  ) {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(content: Buffer, answers: Answer[] = [], part = ''): Promise<FileServer> {
    const server = new FileServer(content, answers);
    server.part = part;
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  url(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-range': condition, authorization } = request.headers;
    this.ranges.push(range);
    this.authorizations.push(authorization);
    const answer = this.answers.shift() ?? {};
    if (answer.status !== undefined) {
      response
        .writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location })
        .end();
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const resumes = range !== undefined && (condition === undefined || condition === this.etag);
    const start = resumes ? from : 0;
    if (resumes && from >= this.content.length) {
      response.writeHead(416, { 'content-range': `bytes */${this.content.length}` }).end();
      return;
    }
    const body = this.content.subarray(start);
    response.writeHead(resumes ? 206 : 200, {
      'content-length': body.length,
      ...(this.etag === undefined ? {} : { etag: this.etag }),
      ...(resumes
        ? { 'content-range': `bytes ${start}-${this.content.length - 1}/${this.content.length}` }
        : {}),
    });
    if (answer.cutAfter === undefined) response.end(body);
    else {
      const { cutAfter } = answer;
      response.write(body.subarray(0, cutAfter), () => this.#cutWhenWritten(response, start + cutAfter));
    }
  }

  #cutWhenWritten(response: ServerResponse, sizeBytes: number): void {
    const written = statSync(this.part, { throwIfNoEntry: false })?.size ?? 0;
    if (written >= sizeBytes) response.destroy();
    else setTimeout(() => this.#cutWhenWritten(response, sizeBytes), 5);
  }
}
