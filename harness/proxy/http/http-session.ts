import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import { Alarm } from '../toxics/alarm.ts';
import { chooseFaults, type HttpMeeting } from './choose-faults.ts';
import { newExchange, type Exchange, type Item } from './exchange.ts';
import { ExchangeFaults } from './exchange-faults.ts';
import { framingOf, type Framing } from './framing.ts';
import type { RequestFacts } from './http-toxic.ts';
import { beginsRequest, type RequestHead, type ResponseHead } from './message-head.ts';
import { MessageFramer } from './message-framer.ts';
import { ResponseWriter } from './response-writer.ts';
import { changedHead } from './write-head.ts';

export interface SessionSettings {
  readonly clock: Clock;
  /** The toxics that are at the connection at present, in their order. */
  readonly meetings: () => Iterable<HttpMeeting>;
  /** Whether every byte of the connection has been seen. */
  readonly isFresh: boolean;
  toServer(raw: Buffer): void;
  toClient(raw: Buffer): void;
  /** The server has finished, and everything before that has been handed on. */
  ended(): void;
  /** Closes the connection once all that was handed on has arrived. */
  close(): void;
  reset(): void;
  /** `full` may have changed, or the session may have come to rest. */
  changed(): void;
}

/** What is held of the server's bytes before it is paused. */
const heldBytes = 65_536;

/**
 * The requests and responses of one connection. Every request is matched by itself, pipelined ones too; answers of ours take their place
 * among those of the server. What no fault is done to goes on as it came, byte for byte; so does everything that is no HTTP/1.x.
 */
export class HttpSession {
  readonly #settings: SessionSettings;
  readonly #requests: MessageFramer;
  readonly #responses: MessageFramer;
  readonly #writer: ResponseWriter;
  readonly #alarm: Alarm;
  /** In the order in which the client gets their answers. */
  readonly #order: Exchange[] = [];
  /** Those that the server has not answered to the end. */
  readonly #asked: Exchange[] = [];
  /** Whose request is being read. */
  #reading: Exchange | undefined;
  #number = 0;
  /** The head that has just been seen was one before the final one. */
  #isInterim = false;
  #heldBytes = 0;
  /** Until the beginning of a request is seen, what comes belongs to messages of which it was not. */
  #isJoining: boolean;
  /** From here on it is no HTTP: requests, and responses. */
  #requestsAreRaw = false;
  #responsesAreRaw = false;
  readonly #raw: Buffer[] = [];
  #serverEnded = false;
  #toldEnd = false;
  #isOver = false;
  #isRunning = false;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#isJoining = !settings.isFresh;
    this.#alarm = new Alarm(settings.clock);
    this.#writer = new ResponseWriter({
      clock: settings.clock,
      toClient: (raw) => settings.toClient(raw),
      close: () => this.#finish(() => settings.close()),
      reset: () => this.#finish(() => settings.reset()),
      moved: () => this.#run(),
    });
    this.#requests = new MessageFramer('request', {
      head: (head, raw) => this.#requestHead(head as RequestHead, raw),
      body: (raw) => this.#requestBytes(raw),
      end: (trailer) => {
        this.#requestBytes(trailer);
        if (this.#reading) this.#reading.isAsked = true;
        this.#reading = undefined;
      },
      opaque: (raw) => {
        this.#requestsAreRaw = true;
        this.#requestBytes(raw);
      },
    });
    this.#responses = new MessageFramer('response', {
      head: (head, raw) => this.#responseHead(head as ResponseHead, raw),
      body: (raw, pieces) => this.#put({ kind: 'body', raw, pieces }),
      end: (raw) => this.#responseEnd(raw),
      opaque: (raw) => this.#responseIsRaw(raw),
    });
  }

  /** Nothing of any exchange is under way: the connection could do without a session. */
  get isAtRest(): boolean {
    if (this.#isJoining) return true;
    const framers = this.#requests.isAtRest && this.#responses.isAtRest;
    return framers && this.#order.length === 0 && !this.#isOver && !this.#requestsAreRaw && !this.#responsesAreRaw;
  }

  get full(): boolean {
    const { response } = this.#order[0] ?? {};
    return this.#heldBytes >= heldBytes || (response?.chain?.full ?? false);
  }

  /** Bytes of the client. */
  request(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#isJoining && beginsRequest(chunk)) this.#isJoining = false;
    if (this.#isJoining || this.#requestsAreRaw) {
      this.#settings.toServer(chunk);
      return;
    }
    this.#requests.feed(chunk);
    this.#run();
  }

  /** Bytes of the server. */
  response(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#isJoining || (this.#responsesAreRaw && this.#order.length === 0)) {
      this.#settings.toClient(chunk);
      return;
    }
    if (this.#responsesAreRaw) this.#raw.push(chunk);
    else this.#responses.feed(chunk);
    this.#run();
  }

  /** The server has finished. */
  responseEnd(): void {
    if (this.#isOver) return;
    this.#serverEnded = true;
    if (!this.#isJoining && !this.#responsesAreRaw) this.#responses.finish();
    this.#run();
  }

  /** A toxic is gone. */
  remove(toxic: ActiveToxic): void {
    for (const exchange of this.#order) exchange.faults.release(toxic);
    this.#run();
  }

  discard(): void {
    this.#isOver = true;
    this.#alarm.cancel();
    for (const exchange of this.#order) exchange.faults.discard();
    this.#order.length = 0;
    this.#asked.length = 0;
    this.#raw.length = 0;
  }

  #requestHead(head: RequestHead, raw: Buffer): Framing {
    const framing = framingOf(head, '');
    const expects = head.fields.get('expect') !== undefined;
    const exchange = this.#exchangeFor(head, expects);
    this.#reading = exchange;
    this.#order.push(exchange);
    if (exchange.faults.answer) {
      // Who waits to be told to go on may send the body or not: the answer does not wait for it.
      if (exchange.closesAfterwards) exchange.isAsked = true;
    } else {
      this.#asked.push(exchange);
      // A client that asks for gzip would get events that no fault can see.
      const plain = { without: ['accept-encoding'], with: 'accept-encoding: identity' };
      this.#settings.toServer(exchange.faults.readsBody ? changedHead(raw, plain) : raw);
    }
    return framing;
  }

  #exchangeFor({ method, target, fields }: RequestHead, expects: boolean): Exchange {
    const { meetings, clock } = this.#settings;
    this.#number += 1;
    const facts: RequestFacts = { method, path: pathOf(target), header: (name) => fields.get(name) };
    const chosen = chooseFaults(facts, { meetings: meetings(), number: this.#number, nowMs: clock.now() });
    const faults = new ExchangeFaults(chosen);
    return newExchange({ method, faults, closesAfterwards: expects && faults.answer !== undefined });
  }

  /** Bytes of the request that is being read; of one that the server never hears of they go nowhere. */
  #requestBytes(raw: Buffer): void {
    if (raw.length > 0 && !this.#reading?.faults.answer) this.#settings.toServer(raw);
  }

  #responseHead(head: ResponseHead, raw: Buffer): Framing {
    const exchange = this.#answered();
    const framing = framingOf(head, exchange.method);
    this.#isInterim = head.status < 200 && head.status !== 101;
    if (this.#isInterim) this.#put({ kind: 'interim', raw });
    else this.#put({ kind: 'head', raw, head, framing, atMs: this.#settings.clock.now() });
    if (framing.kind === 'tunnel') this.#leaveRequests();
    return framing;
  }

  /** Both sides speak something else from here on. */
  #leaveRequests(): void {
    this.#requestsAreRaw = true;
    const begun = this.#requests.leave();
    if (begun.length > 0) this.#settings.toServer(begun);
  }

  #responseEnd(raw: Buffer): void {
    if (this.#isInterim) return;
    this.#put({ kind: 'end', raw });
    this.#asked.shift();
  }

  /** Nothing more can be told apart: what has been asked has no answer that could be recognized. */
  #responseIsRaw(raw: Buffer): void {
    this.#raw.push(raw);
    if (this.#responsesAreRaw) return;
    this.#responsesAreRaw = true;
    for (const exchange of this.#asked) {
      if (exchange.items.length > 0 || exchange.response) exchange.items.push({ kind: 'end', raw: Buffer.alloc(0) });
      else this.#order.splice(this.#order.indexOf(exchange), 1);
    }
    this.#asked.length = 0;
  }

  /** Whose response is coming. Servers also speak unasked, as with 408 to a connection that is idle. */
  #answered(): Exchange {
    const [first] = this.#asked;
    if (first) return first;
    const exchange = newExchange({ method: 'GET', faults: new ExchangeFaults([]), isAsked: true });
    this.#order.push(exchange);
    this.#asked.push(exchange);
    return exchange;
  }

  #put(item: Item): void {
    const exchange = this.#asked[0] ?? this.#answered();
    exchange.items.push(item);
    this.#heldBytes += item.raw.length;
  }

  /** Hands on whatever may be handed on by now. */
  #run(): void {
    // What a fault hands on while it is told of something comes back here.
    if (this.#isRunning || this.#isOver) return;
    this.#isRunning = true;
    this.#alarm.cancel();
    for (let first = this.#order[0]; first && this.#advance(first); first = this.#order[0]) this.#order.shift();
    this.#isRunning = false;
    if (this.#mayNotBeOver() && this.#order.length === 0) this.#handOnTheRest();
    this.#settings.changed();
  }

  /** Asked again after calls that may have ended it. */
  #mayNotBeOver(): boolean {
    return !this.#isOver;
  }

  #handOnTheRest(): void {
    for (const raw of this.#raw.splice(0)) this.#settings.toClient(raw);
    if (!this.#serverEnded || this.#toldEnd) return;
    this.#toldEnd = true;
    this.#settings.ended();
  }

  /** Whether the client has all of an exchange. */
  #advance(exchange: Exchange): boolean {
    if (exchange.faults.answer) return this.#giveAnswer(exchange);
    while (!this.#isOver) {
      const [item] = exchange.items;
      // The server has sent all of it, and what a fault holds of it has not gone out.
      if (!item && exchange.response?.trailer) return exchange.response.isOver;
      if (!item) return this.#serverEnded && this.#writer.breakOff(exchange);
      if (item.kind === 'head' && !this.#isDue(exchange, item)) return false;
      if (exchange.response?.chain?.full && !exchange.response.isOver) return false;
      exchange.items.shift();
      this.#heldBytes -= item.raw.length;
      if (this.#writer.write(exchange, item)) return true;
    }
    return false;
  }

  #isDue(exchange: Exchange, { atMs, raw }: Extract<Item, { kind: 'head' }>): boolean {
    const { delayMs } = exchange.faults;
    const nowMs = this.#settings.clock.now();
    if (delayMs > 0 && !exchange.isDelayed) {
      exchange.isDelayed = true;
      exchange.faults.count('delay', raw.length, 'delayed');
    }
    if (atMs + delayMs <= nowMs) return true;
    this.#alarm.set(atMs + delayMs, () => this.#run());
    return false;
  }

  #giveAnswer(exchange: Exchange): boolean {
    if (!exchange.isAsked) return false;
    const { clock } = this.#settings;
    exchange.dueMs ??= clock.now();
    const dueMs = exchange.dueMs + exchange.faults.delayMs;
    if (dueMs > clock.now()) {
      this.#alarm.set(dueMs, () => this.#run());
      return false;
    }
    this.#writer.answer(exchange);
    return true;
  }

  #finish(how: () => void): void {
    if (this.#isOver) return;
    this.discard();
    how();
  }
}

/** Of a target as it is sent: without its query, and without what stands before the path in a whole URL. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, '') || '/';
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}
