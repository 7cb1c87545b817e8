import type { ActiveToxic, Direction } from '../../proxy/active-toxic.ts';
import { isAtBytes, isAtRequests } from '../../proxy/meeting.ts';
import { Pipe } from '../../proxy/pipe.ts';
import type { ConnectionContext, LiveConnection } from '../../proxy/port.ts';
import type { Unsettled } from '../activity.ts';
import { Exchange, type ExchangeRequest } from './exchange.ts';
import { gateStream, type Chunk, type Gate } from './gated-stream.ts';
import { HttpFaults } from './http-faults.ts';
import { LightResponse } from './light-response.ts';
import { closed, reset } from './network-errors.ts';
import { PipeMouth, PipeOutlet } from './pipe-ends.ts';
import { ResponseBody, pumpedStream } from './response-body.ts';
import { GateInTurns, type Turn } from './turns.ts';

export type Handler = (request: Request) => Response | Promise<Response>;

interface Half {
  readonly mouth: PipeMouth;
  readonly outlet: PipeOutlet;
  readonly pipe: Pipe;
}

/** What is sent for a head, whatever is in it: a request line or a status line with the usual fields. */
const headBytes = 256;

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
      await this.#carry('upstream', headBytes + request.bodyBytes);
      if (this.#turn) await this.#turn();
      const response = await this.#http.answer(request.make(exchange.hangUp), handler);
      if (this.#turn) await this.#turn();
      return this.#answer(response, exchange);
    };
    return exchange.answered(answer());
  }

  /** The response as its caller has it, once its head has arrived: with the body on the wire between them. */
  async #answer(response: Response, exchange: Exchange): Promise<Response> {
    const { mouth, outlet, pipe } = this.#halves.downstream;
    const text = pipe.isClear ? LightResponse.wholeText(response) : undefined;
    if (text !== undefined) {
      // All of it is there at once, and nothing holds it up.
      this.#count('downstream', headBytes + Buffer.byteLength(text));
      exchange.finish();
      return response;
    }
    const stream = response.body as ReadableStream<Chunk> | null;
    if (stream === null) {
      await this.#carry('downstream', headBytes);
      exchange.finish();
      return response;
    }
    const passed = (bytes: number): void => this.#count('downstream', bytes);
    const body = new ResponseBody({
      ...{ mouth, outlet, passed, ended: exchange.finish, cancelled: exchange.cancel },
      broken: () => void this.lose(),
    });
    exchange.body = body;
    if (pipe.isClear) {
      passed(headBytes);
      gateStream(stream, this.#inTurns(body));
      return response;
    }
    const pumped = pumpedStream(body, stream, { headBytes, gate: this.#inTurns(body) });
    await pumped.headArrived;
    const { status, statusText, headers } = response;
    return new Response(pumped.stream, { status, statusText, headers });
  }

  #inTurns(body: ResponseBody): Gate {
    return this.#turn ? new GateInTurns(body, this.#turn) : body;
  }

  /** Resolves when so many bytes have come through. Where nothing is in their way that is at once. */
  async #carry(direction: Direction, bytes: number): Promise<void> {
    const { mouth, outlet, pipe } = this.#halves[direction];
    if (pipe.isClear) {
      this.#count(direction, bytes);
      return;
    }
    await new Promise<void>((resolve) => {
      let missing = bytes;
      outlet.deliver = (chunk) => {
        missing -= chunk.length;
        if (missing <= 0) resolve();
      };
      mouth.push(Buffer.alloc(bytes));
    });
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
    for (const { pipe, outlet } of Object.values(this.#halves)) {
      outlet.destroyed = true;
      pipe.discard();
    }
    this.#exchange?.breakOff(failure);
    this.#context.over();
  }
}
