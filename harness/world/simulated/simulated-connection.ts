import type { ActiveToxic, Direction } from '../../proxy/active-toxic.ts';
import { saidLength } from '../../proxy/http/framing.ts';
import { isAtBytes, isAtRequests } from '../../proxy/meeting.ts';
import { Pipe } from '../../proxy/pipe.ts';
import type { ConnectionContext, LiveConnection } from '../../proxy/port.ts';
import type { Unsettled } from '../activity.ts';
import { streamOf } from './arrivals.ts';
import { Exchange, type ExchangeRequest } from './exchange.ts';
import { gateStream, type Chunk, type Gate, type Source } from './gated-stream.ts';
import { HttpFaults } from './http-faults.ts';
import { LightRequest } from './light-request.ts';
import { LightResponse } from './light-response.ts';
import { closed, garbled, reset } from './network-errors.ts';
import { PipeMouth, PipeOutlet } from './pipe-ends.ts';
import { RequestWire } from './request-wire.ts';
import { ResponseBody, pumpedStream } from './response-body.ts';
import { GateInTurns, type Turn } from './turns.ts';
import { headBytes } from './wire-messages.ts';

export type Handler = (request: Request) => Response | Promise<Response>;

interface Half {
  readonly mouth: PipeMouth;
  readonly outlet: PipeOutlet;
  readonly pipe: Pipe;
}

/** A body with nothing in it. */
const nothing: Source = {
  read: () => Promise.resolve({ done: true, value: undefined }),
  cancel: () => Promise.resolve(),
};

/**
 * A connection of HTTP/1.1 through a proxy, without sockets: one exchange at a time, kept for the next. Its bytes go through the same
 * pipes and toxics as those of the real proxy; where no toxic is done to it, nothing but the counting is between the two ends.
 */
export class SimulatedConnection implements LiveConnection {
  readonly #context: ConnectionContext;
  readonly #turn: Turn | undefined;
  readonly #halves: Readonly<Record<Direction, Half>>;
  readonly #http: HttpFaults;
  #isOpen = true;
  #exchange: Exchange | undefined;
  /** Made when something is done to a request for the first time. */
  #requests: RequestWire | undefined;

  /** @param turn lets chance order what arrives at the same time; undefined: it arrives in the order in which it was sent. */
  constructor(context: ConnectionContext, turn?: Turn) {
    this.#context = context;
    this.#turn = turn;
    this.#http = new HttpFaults({
      clock: context.clock,
      close: () => this.close(),
      reset: () => this.#break(reset()),
    });
    this.#halves = { upstream: this.#half('upstream'), downstream: this.#half('downstream') };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Of the exchange that is on it; none while it is idle. */
  get underway(): readonly Unsettled[] {
    return this.#exchange ? [this.#exchange.underway] : [];
  }

  add(toxic: ActiveToxic): void {
    const meeting = this.#context.meet(toxic);
    if (isAtRequests(meeting)) this.#http.add(meeting);
    else if (isAtBytes(meeting)) for (const direction of toxic.directions) this.#halves[direction].pipe.add(meeting);
    this.#pumpWhereNeeded();
  }

  update(toxic: ActiveToxic): void {
    for (const direction of toxic.directions) this.#halves[direction].pipe.update(toxic);
    this.#pumpWhereNeeded();
  }

  remove(toxic: ActiveToxic): void {
    this.#http.remove(toxic);
    for (const direction of toxic.directions) this.#halves[direction].pipe.remove(toxic);
  }

  close(): void {
    this.#break(closed());
  }

  /** Whoever it leads to has gone. Whether that vanishes on the way, so that its caller goes on waiting; otherwise it is closed. */
  lose(): boolean {
    if (this.#halves.downstream.pipe.broken()) return true;
    this.close();
    return false;
  }

  /**
   * Sends a request and gives its response as soon as the head has arrived. `over` is told once, when the connection is free for the next
   * exchange or broken.
   *
   * @throws TypeError as `fetch` does when the connection breaks; the reason of the request's signal when the caller gives up
   */
  exchange(request: ExchangeRequest, handler: Handler, over: () => void): Promise<Response> {
    const exchange = new Exchange(request, {
      close: () => this.close(),
      lost: (direction) => this.#halves[direction].pipe.broken(),
      over: () => {
        this.#exchange = undefined;
        over();
      },
    });
    this.#exchange = exchange;
    const answer = async (): Promise<Response> => {
      const arrived = await this.#arrived(request, exchange);
      if (!arrived) return this.#refuse(exchange);
      if (this.#turn) await this.#turn();
      const response = await this.#http.answer(arrived, handler, exchange.upload);
      if (this.#turn) await this.#turn();
      return this.#answer(response, exchange);
    };
    return exchange.answered(answer());
  }

  /** The request as its server has it, once its head has come; undefined where what has come is none. */
  async #arrived(request: ExchangeRequest, exchange: Exchange): Promise<Request | undefined> {
    const whole = request.make(exchange.hangUp);
    const { mouth, outlet, pipe } = this.#halves.upstream;
    if (pipe.isClear) {
      this.#count('upstream', headBytes + request.bodyBytes);
      return whole;
    }
    this.#requests ??= new RequestWire({ mouth, outlet, lost: () => this.close() });
    const sent = request.bodyBytes === 0 ? undefined : Buffer.from(await whole.arrayBuffer());
    const upload = await this.#requests.send(sent ?? Buffer.alloc(0));
    if (!sent || !upload) return upload && whole;
    exchange.receive(upload);
    const body = streamOf({ next: () => upload.next(), cancel: () => undefined });
    const { url, method } = request;
    const arriving = { url: url.href, method, headers: whole.headers, body, signal: exchange.hangUp };
    return new LightRequest(arriving) as unknown as Request;
  }

  /** Answers as a server of Node does that cannot read what it has been sent. */
  async #refuse(exchange: Exchange): Promise<Response> {
    const refusal = new Response(null, { status: 400, statusText: 'Bad Request', headers: { connection: 'close' } });
    const response = await this.#answer(refusal, exchange);
    this.close();
    return response;
  }

  /** The response as its caller has it, once its head has arrived: with the body on the wire between them. */
  async #answer(response: Response, exchange: Exchange): Promise<Response> {
    const { pipe } = this.#halves.downstream;
    const text = LightResponse.wholeText(response);
    if (!pipe.isClear) return this.#pumped(response, text, exchange);
    if (text !== undefined) {
      // All of it is there at once, and nothing holds it up.
      this.#count('downstream', headBytes + Buffer.byteLength(text));
      exchange.finish();
      return response;
    }
    this.#count('downstream', headBytes);
    const stream = response.body as ReadableStream<Chunk> | null;
    if (stream) gateStream(stream, this.#inTurns(this.#bodyOf(response, exchange)));
    else exchange.finish();
    return response;
  }

  /** The same, where something is done to its bytes. A text goes with its head, in one piece. */
  async #pumped(response: Response, text: string | undefined, exchange: Exchange): Promise<Response> {
    const first = text === undefined ? undefined : Buffer.from(text);
    const body = this.#bodyOf(response, exchange, first?.length);
    const reader = first ? nothing : (response.body as ReadableStream<Chunk> | null)?.getReader();
    if (!reader) {
      await body.pumpAll(nothing);
      return response;
    }
    const pumped = pumpedStream(body, { source: reader, first, gate: this.#inTurns(body) });
    await pumped.headArrived;
    const { status, statusText, headers } = response;
    return new Response(pumped.stream, { status, statusText, headers });
  }

  #bodyOf(response: Response, exchange: Exchange, knownBytes?: number): ResponseBody {
    const { mouth, outlet } = this.#halves.downstream;
    const body = new ResponseBody({
      ...{ mouth, outlet, ended: exchange.finish, cancelled: exchange.cancel },
      saidBytes: () => knownBytes ?? saidBytesOf(response),
      passed: (bytes) => this.#count('downstream', bytes),
      broken: () => void this.lose(),
      garbled: (why) => this.#break(garbled(why)),
    });
    exchange.body = body;
    return body;
  }

  #inTurns(body: ResponseBody): Gate {
    return this.#turn ? new GateInTurns(body, this.#turn) : body;
  }

  /** Bytes that go past the pipe have come and gone. */
  #count(direction: Direction, bytes: number): void {
    this.#context.came(direction, bytes);
    this.#context.passed(direction, bytes);
  }

  #half(direction: Direction): Half {
    const mouth = new PipeMouth();
    const outlet = new PipeOutlet();
    const { clock, came, passed } = this.#context;
    const pipe = new Pipe({
      ...{ source: mouth, sink: outlet, clock },
      came: (bytes) => came(direction, bytes),
      passed: (bytes) => passed(direction, bytes),
      close: () => this.#break(closed()),
      // What was handed on has arrived already.
      closeBehind: () => this.#break(closed()),
      reset: () => this.#break(reset()),
    });
    return { mouth, outlet, pipe };
  }

  /** A body that is being read without a pipe gets one with the first toxic. */
  #pumpWhereNeeded(): void {
    if (!this.#halves.downstream.pipe.isClear) this.#exchange?.body?.pump();
  }

  #break(failure: TypeError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#http.discard();
    for (const { mouth, pipe, outlet } of Object.values(this.#halves)) {
      mouth.close();
      outlet.destroyed = true;
      pipe.discard();
    }
    this.#exchange?.breakOff(failure);
    this.#context.over();
  }
}

/** How long the head of a response says that its body is; undefined where it does not say. */
function saidBytesOf({ status, headers, body }: Response): number | undefined {
  return body ? saidLength({ status, header: (name) => headers.get(name) ?? undefined }) : 0;
}
