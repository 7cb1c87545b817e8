import { STATUS_CODES } from 'node:http';
import type { Clock, Timer } from '../../kit/clock.ts';
import type { ActiveToxic } from '../../proxy/active-toxic.ts';
import { chooseFaults, type HttpMeeting } from '../../proxy/http/choose-faults.ts';
import { ExchangeFaults } from '../../proxy/http/exchange-faults.ts';
import type { RequestFault, ResponseFacts } from '../../proxy/http/http-toxic.ts';
import { answerBytes } from '../../proxy/http/write-head.ts';
import type { Arrivals } from './arrivals.ts';
import { FaultedBody } from './faulted-body.ts';
import type { Chunk } from './gated-stream.ts';
import { LightResponse } from './light-response.ts';
import type { Handler } from './simulated-connection.ts';

/** What the buffers of the sockets between two processes take, about. */
const bufferBytes = 1_048_576;

/** What faults need of the connection. */
export interface FaultedConnection {
  readonly clock: Clock;
  close(): void;
  reset(): void;
}

/** The exchange that is on the connection, and what ends its waiting for its head. */
interface Present {
  readonly faults: ExchangeFaults;
  body?: FaultedBody;
  wake: () => void;
  /** Its connection is. */
  isGone: boolean;
}

/** The toxics of a simulated connection that are done to requests. They stand where those of the real proxy do: at the server's end. */
export class HttpFaults {
  readonly #connection: FaultedConnection;
  readonly #meetings: HttpMeeting[] = [];
  #present: Present | undefined;

  constructor(connection: FaultedConnection) {
    this.#connection = connection;
  }

  add(meeting: HttpMeeting): void {
    this.#meetings.push(meeting);
  }

  remove(toxic: ActiveToxic): void {
    const index = this.#meetings.findIndex((meeting) => meeting.toxic === toxic);
    if (index !== -1) this.#meetings.splice(index, 1);
    this.#present?.faults.release(toxic);
    this.#present?.wake();
  }

  /** The connection is gone. */
  discard(): void {
    if (!this.#present) return;
    this.#present.isGone = true;
    this.#present.faults.discard();
    this.#present.body?.abandon();
    this.#present.wake();
  }

  /**
   * The response of the handler, or what the faults make of it.
   *
   * @param upload the body of the request, where it comes bit by bit
   */
  async answer(request: Request, handler: Handler, upload?: Arrivals): Promise<Response> {
    if (this.#meetings.length === 0) return handler(request);
    const { clock } = this.#connection;
    const { headers } = request;
    const facts = {
      ...{ method: request.method, path: new URL(request.url).pathname },
      header: (name: string) => headers.get(name) ?? undefined,
    };
    const chosen = chooseFaults(facts, { meetings: this.#meetings, nowMs: clock.now() });
    if (chosen.length === 0) return handler(request);
    const faults = new ExchangeFaults(chosen);
    const present: Present = { faults, wake: () => undefined, isGone: false };
    this.#present = present;
    const { answer } = faults;
    if (answer) await upload?.whole();
    let response = answer ? ownAnswer(answer, request) : await handler(request);
    // On the wire the body comes behind its head while that waits.
    if (faults.delayMs > 0) response = readAhead(response);
    if (answer) {
      const { method } = request;
      // Node's `fetch` has the connection closed behind every HEAD, which the answer says.
      const { length } = answerBytes(answer, { method, closes: method === 'HEAD', nowMs: clock.now() });
      await this.#wait(present, length);
      faults.countAnswer(length);
      return response;
    }
    if (faults.delayMs > 0) await this.#wait(present, headBytesOf(response));
    return this.#faulted(response, present);
  }

  /** Until the head may go, which a toxic that is removed can make sooner. `bytes` are those that wait, as on sockets. */
  async #wait(present: Present, bytes: number): Promise<void> {
    const { clock } = this.#connection;
    const { faults } = present;
    const fromMs = clock.now();
    if (faults.delayMs > 0) faults.count('delay', bytes, 'delayed');
    for (let dueMs = fromMs + faults.delayMs; dueMs > clock.now() && !present.isGone; dueMs = fromMs + faults.delayMs) {
      await new Promise<void>((resolve) => {
        const timer: Timer = clock.setTimer(resolve, Math.ceil(dueMs - clock.now()));
        present.wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    present.wake = () => undefined;
  }

  #faulted(response: Response, present: Present): Response {
    const { faults } = present;
    const facts: ResponseFacts = {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
    };
    const promised = wrongLength(response, faults);
    const source = response.body as ReadableStream<Chunk> | null;
    if (!source) return response;
    const body = new FaultedBody({ connection: this.#connection, promised });
    present.body = body;
    const started = faults.startBody(facts, { clock: this.#connection.clock, sink: body.sink });
    if (!started && promised === undefined) return response;
    if (promised !== undefined) faults.count('length', 0, 'corrupted');
    const headers = new Headers(response.headers);
    if (promised !== undefined) headers.set('content-length', String(promised));
    else if (started?.changesLength === true) headers.delete('content-length');
    const { status, statusText } = response;
    return new Response(body.through(source, started?.chain), { status, statusText, headers });
  }
}

function ownAnswer(
  { status, headers, body }: Extract<RequestFault, { kind: 'answer' }>,
  { method }: Request,
): Response {
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  const said = new Headers(headers);
  if (status === 205) said.set('content-length', '0');
  if (hasBody && !said.has('content-length')) said.set('content-length', String(body.length));
  return new Response(method === 'HEAD' || !hasBody ? null : new Uint8Array(body), { status, headers: said });
}

/** What a head takes that says no more than the response does: a server's own date, and whether it keeps the connection, are not in it. */
function headBytesOf(response: Response): number {
  const { status, headers } = response;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const text = LightResponse.wholeText(response);
  if (!headers.has('content-length') && text !== undefined) lines.push(`content-length: ${Buffer.byteLength(text)}`);
  else if (!headers.has('content-length') && response.body) lines.push('transfer-encoding: chunked');
  return Buffer.byteLength(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A response of which the body is read from now on, as far as the buffers of sockets would take it. */
function readAhead(response: Response): Response {
  const source = response.body as ReadableStream<Chunk> | null;
  if (!source || LightResponse.wholeText(response) !== undefined) return response;
  const buffers = new ByteLengthQueuingStrategy({ highWaterMark: bufferBytes });
  const { status, statusText, headers } = response;
  return new Response(source.pipeThrough(new TransformStream<Chunk, Chunk>({}, undefined, buffers)), {
    status,
    statusText,
    headers,
  });
}

/** What the head says of the body's length where that is wrong. A stream says none: it is in chunks on the wire. */
function wrongLength(response: Response, faults: ExchangeFaults): number | undefined {
  const text = LightResponse.wholeText(response);
  const said = response.headers.get('content-length') ?? (text === undefined ? null : Buffer.byteLength(text));
  if (said === null || faults.lengthDifference === 0) return undefined;
  return Math.max(0, Number(said) + faults.lengthDifference);
}
