import { createServer, request, Agent, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import * as https from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { realClock, type Bench } from '../support.ts';
import type { Certified } from '../tls-support.ts';

/** An HTTP server on loopback that counts what it is asked. */
export interface HttpServer {
  readonly address: string;
  /** Method and path of each request, in order. */
  readonly asked: readonly string[];
}

/** @param certified by which it speaks TLS; default it speaks none */
export async function startHttp(bench: Bench, answer: RequestListener, certified?: Certified): Promise<HttpServer> {
  const asked: string[] = [];
  const listener: RequestListener = (incoming, response) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    answer(incoming, response);
  };
  const server = certified ? https.createServer(certified, listener) : createServer(listener);
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
  /** Told of each piece of the answer. */
  readonly came?: (chunk: Buffer) => void;
}

/** A client that keeps its connection; it has one. With `tls` it speaks https, and trusts that. */
export function httpClient(
  bench: Bench,
  port: number,
  tls?: { readonly ca: string },
): (asking?: Asking) => Promise<Seen> {
  const kept = { keepAlive: true, maxSockets: 1 };
  const agent = tls ? new https.Agent({ ...kept, ...tls }) : new Agent(kept);
  const requestBy = tls ? https.request : request;
  bench.cleanup.add('agent', () => {
    agent.destroy();
  });
  return ({ method = 'GET', path = '/', headers = {}, body, came } = {}) => {
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
      const sent = requestBy({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
        headMs = since();
        seen.status = response.statusCode;
        seen.headers = response.headers;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          chunksMs.push(since());
          came?.(chunk);
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
