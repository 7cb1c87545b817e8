import { createServer, request, Agent, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { realClock, type Bench } from '../support.ts';

/** An HTTP server on loopback that counts what it is asked. */
export interface HttpServer {
  readonly address: string;
  /** Method and path of each request, in order. */
  readonly asked: readonly string[];
}

export async function startHttp(bench: Bench, answer: RequestListener): Promise<HttpServer> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    answer(incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench.cleanup.add('http server', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, asked };
}

/** What a client saw of one request. Times are from when it was sent, in ms. */
export interface Seen {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The code of the error that it ended with, if it did. */
  readonly error: string | undefined;
  readonly headMs: number | undefined;
  readonly chunksMs: readonly number[];
  readonly wholeMs: number;
}

export interface Asking {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** A client that keeps its connection; it has one. */
export function httpClient(bench: Bench, port: number): (asking?: Asking) => Promise<Seen> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  bench.cleanup.add('agent', () => {
    agent.destroy();
  });
  return ({ method = 'GET', path = '/', headers = {}, body } = {}) => {
    const startMs = realClock.now();
    const since = (): number => realClock.now() - startMs;
    return new Promise((resolve) => {
      const seen = { status: undefined as number | undefined, headers: {} as IncomingHttpHeaders };
      const chunks: Buffer[] = [];
      const chunksMs: number[] = [];
      let headMs: number | undefined;
      const done = (error?: NodeJS.ErrnoException): void => {
        const text = Buffer.concat(chunks).toString();
        resolve({ ...seen, text, error: error && (error.code ?? error.message), headMs, chunksMs, wholeMs: since() });
      };
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
        headMs = since();
        seen.status = response.statusCode;
        seen.headers = response.headers;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          chunksMs.push(since());
        });
        response.on('end', () => done());
        response.on('error', done);
      });
      sent.on('error', done);
      sent.end(body);
    });
  };
}

/** A proxy before a server, and a client of it. */
export async function httpBench(
  bench: Bench,
  answer: RequestListener,
): Promise<{ server: HttpServer; port: number; ask: (asking?: Asking) => Promise<Seen> }> {
  const server = await startHttp(bench, answer);
  const port = await bench.proxy('http', server.address);
  return { server, port, ask: httpClient(bench, port) };
}

/** Server-sent events, as a listener that streams them so many ms apart. */
export function streaming(events: readonly string[], everyMs = 0): RequestListener {
  return (_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = async (): Promise<void> => {
      for (const event of events) {
        response.write(event);
        if (everyMs > 0) await realClock.sleep(everyMs);
      }
      response.end();
    };
    void send();
  };
}
