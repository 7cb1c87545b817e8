import type { Clock } from '../../kit/clock.ts';
import type { ActiveToxic } from '../active-toxic.ts';
import { Alarm } from '../toxics/alarm.ts';
import { chooseFaults, type HttpMeeting } from './choose-faults.ts';
import { newExchange, type Exchange, type Item } from './exchange.ts';
import { ExchangeQueue } from './exchange-queue.ts';
import { ExchangeFaults } from './exchange-faults.ts';
import { framingOf, type Framing } from './framing.ts';
import type { RequestFacts } from './http-toxic.ts';
import { JoinedWrites } from './joined-writes.ts';
import { pathOf, type RequestHead, type ResponseHead } from './message-head.ts';
import { MessageFramer } from './message-framer.ts';
import { ResponseWriter } from './response-writer.ts';

export interface SessionSettings {
  readonly clock: Clock;
  /** The toxics that are at the connection at present, in their order. */
  readonly meetings: readonly HttpMeeting[];
  /** Whether it begins with the connection. Else what it begins with only looks like a request, and may be none. */
  readonly isFresh: boolean;
  toServer(raw: Buffer): void;
  toClient(raw: Buffer): void;
  /** The server has finished, and everything before that has been handed on. */
  ended(): void;
  /** Closes the connection once all that was handed on has arrived. */
  close(): void;
  reset(): void;
  /** `full`, `isCrowded`, `isAtRest` or `hasGivenUp` may have changed. */
  changed(): void;
}

/**
 * The requests and responses of one connection. Every request is matched by itself, pipelined ones too; answers of ours take their place
 * among those of the server. What no fault is done to goes on as it came, byte for byte; so does everything that is no HTTP/1.x, as soon as it cannot
 * be a request any more: a word without an end of its line, as `PING`, may still become one, and waits.
 */
export class HttpSession {
  readonly #settings: SessionSettings;
  readonly #requests: MessageFramer;
  readonly #responses: MessageFramer;
  readonly #writer: ResponseWriter;
  readonly #toServer: JoinedWrites;
  readonly #toClient: JoinedWrites;
  readonly #alarm: Alarm;
  readonly #queue = new ExchangeQueue();
  /** Whose request is being read. */
  #reading: Exchange | undefined;
  #hasSeenRequest = false;
  /** The head that has just been seen was one before the final one. */
  #isInterim = false;
  /** From here on it is no HTTP: requests, and responses. */
  #requestsAreRaw = false;
  #responsesAreRaw = false;
  /** An answer that closes the connection is the last one: nobody hears what comes behind its request. */
  #isClosing = false;
  /** A request that the server never heard of can have no answer any more: nobody is left to wait for one. */
  #closesBehind = false;
  #serverEnded = false;
  #toldEnd = false;
  #isOver = false;
  #isRunning = false;
  #runsAgain = false;
  #isBlocked = false;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#alarm = new Alarm(settings.clock);
    this.#toServer = new JoinedWrites((raw) => settings.toServer(raw));
    this.#toClient = new JoinedWrites((raw) => settings.toClient(raw));
    this.#writer = new ResponseWriter({
      clock: settings.clock,
      toClient: (raw) => this.#toClient.add(raw),
      isBlocked: () => this.#isBlocked,
      close: () => this.#finish(() => settings.close()),
      reset: () => this.#finish(() => settings.reset()),
      moved: () => this.#run(),
    });
    this.#requests = new MessageFramer('request', {
      head: (head, raw) => this.#requestHead(head as RequestHead, raw),
      body: (raw) => this.#requestBytes(raw),
      end: (trailer) => this.#requestEnd(trailer),
      opaque: (raw) => this.#requestIsRaw(raw),
    });
    this.#responses = new MessageFramer('response', {
      head: (head, raw) => this.#responseHead(head as ResponseHead, raw),
      body: (raw, pieces) => this.#queue.put({ kind: 'body', raw, pieces }),
      end: (raw) => this.#responseEnd(raw),
      opaque: (raw) => this.#responseIsRaw(raw),
    });
  }

  /** Nothing of any exchange is under way: the connection could do without a session. */
  get isAtRest(): boolean {
    if (this.#isOver || !this.#queue.isEmpty || this.#requestsAreRaw || this.#responsesAreRaw) return false;
    return this.#requests.isAtRest && this.#responses.isAtRest && !this.#responses.holds;
  }

  /** What looked like the first request on a connection that had begun before was none. */
  get hasGivenUp(): boolean {
    return this.#requestsAreRaw && !this.#hasSeenRequest && !this.#settings.isFresh;
  }

  /** Nothing that the client says can be answered any more. */
  get isDone(): boolean {
    return this.#isOver || this.#toldEnd;
  }

  /** The server should wait. */
  get full(): boolean {
    return this.#queue.isFull || (this.#queue.first?.response?.chain?.full ?? false);
  }

  /** The client should wait. */
  get isCrowded(): boolean {
    return this.#queue.isCrowded;
  }

  /** Bytes of the client. */
  request(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#requestsAreRaw) {
      this.#settings.toServer(chunk);
      return;
    }
    this.#requests.feed(chunk);
    this.#run();
  }

  /** The client has finished. */
  requestsEnd(): void {
    if (this.#isOver) return;
    this.#requests.finish();
    // Half a request is all that there will ever be of it.
    if (this.#reading?.faults.answer) this.#answerAndClose(this.#reading);
    this.#run();
  }

  /** Bytes of the server. */
  response(chunk: Buffer): void {
    if (this.#isOver) return;
    // It speaks first, or still of what was before the session.
    if (!this.#hasSeenRequest || (this.#responsesAreRaw && this.#queue.isEmpty)) {
      this.#settings.toClient(chunk);
      return;
    }
    if (this.#responsesAreRaw) this.#queue.putRaw(chunk);
    else this.#responses.feed(chunk);
    this.#run();
  }

  /** The server has finished. */
  responsesEnd(): void {
    if (this.#isOver) return;
    this.#serverEnded = true;
    if (!this.#responsesAreRaw) this.#responses.finish();
    this.#run();
  }

  /** Whether what is handed to the client has to wait: what has not been handed on waits here. */
  block(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    if (!isBlocked) this.#run();
  }

  /** A toxic is gone. */
  remove(toxic: ActiveToxic): void {
    // A fault that hands on what it held is not given more at the same time: that would come to it behind its end.
    this.#isRunning = true;
    this.#queue.release(toxic);
    this.#isRunning = false;
    this.#run();
  }

  /** The connection does without it from here on. Gives the beginning of a request that was not complete. */
  leave(): Buffer {
    return this.#requests.leave();
  }

  discard(): void {
    this.#isOver = true;
    this.#alarm.cancel();
    this.#queue.discard();
  }

  #requestHead(head: RequestHead, raw: Buffer): Framing {
    if (this.#isClosing) return { kind: 'tunnel' };
    const framing = framingOf(head, '');
    this.#hasSeenRequest = true;
    // Behind the end of the server nothing could be answered.
    if (this.#responsesAreRaw || this.#toldEnd) {
      this.#requestIsRaw(raw);
      return { kind: 'tunnel' };
    }
    // Of what nobody can say where it ends, nothing can be kept from the server.
    const exchange = this.#exchangeFor(head, framing.kind !== 'unclear');
    this.#reading = exchange;
    this.#queue.add(exchange);
    if (!exchange.faults.answer) this.#toServer.add(exchange.faults.requestHead(raw));
    return framing;
  }

  #exchangeFor({ method, target, minor, fields }: RequestHead, mayBeChosen: boolean): Exchange {
    const { meetings, clock } = this.#settings;
    const facts: RequestFacts = { method, path: pathOf(target), header: (name) => fields.get(name) };
    const faults = new ExchangeFaults(mayBeChosen ? chooseFaults(facts, { meetings, nowMs: clock.now() }) : []);
    if (!faults.answer) return newExchange({ method, minor, faults });
    // Who waits to be told to go on may send the body or not: the answer does not wait for it, and only a new connection is clear after that.
    const isAsked = fields.get('expect') !== undefined;
    const isLast = minor === 0 || /(?:^|,)\s*close\s*(?:,|$)/i.test(fields.get('connection') ?? '');
    return newExchange({ method, minor, faults, isAsked, closesAfterwards: isAsked || isLast });
  }

  /** Bytes of the request that is being read; of one that the server never hears of they go nowhere. */
  #requestBytes(raw: Buffer): void {
    if (!this.#reading?.faults.answer) this.#toServer.add(raw);
  }

  #requestEnd(trailer: Buffer): void {
    this.#requestBytes(trailer);
    if (!this.#reading) return;
    this.#reading.isAsked = true;
    this.#isClosing ||= this.#reading.closesAfterwards;
    this.#reading = undefined;
  }

  #requestIsRaw(raw: Buffer): void {
    if (this.#isClosing) return;
    if (this.#reading?.faults.answer) {
      // What is left of it cannot be told from what comes behind.
      this.#answerAndClose(this.#reading);
      return;
    }
    this.#requestsAreRaw = true;
    this.#toServer.add(raw);
  }

  #answerAndClose(exchange: Exchange): void {
    exchange.isAsked = true;
    exchange.closesAfterwards = true;
    this.#isClosing = true;
  }

  #responseHead(head: ResponseHead, raw: Buffer): Framing {
    const exchange = this.#queue.answered();
    const framing = framingOf(head, exchange.method);
    this.#isInterim = head.status < 200 && head.status !== 101;
    if (framing.kind === 'until close') exchange.isLast = true;
    if (this.#isInterim) this.#queue.put({ kind: 'interim', raw });
    else this.#queue.put({ kind: 'head', raw, head, framing, atMs: this.#settings.clock.now() });
    if (framing.kind === 'tunnel') this.#leaveRequests();
    return framing;
  }

  /** Both sides speak something else from here on. */
  #leaveRequests(): void {
    if (this.#requestsAreRaw || this.#isClosing || this.#reading?.faults.answer) return;
    this.#requestsAreRaw = true;
    this.#toServer.add(this.#requests.leave());
  }

  #responseEnd(raw: Buffer): void {
    if (!this.#isInterim) this.#queue.putEnd(raw);
  }

  /** Nothing more can be told apart: what has been asked has no answer that could be recognized. */
  #responseIsRaw(raw: Buffer): void {
    this.#queue.putRaw(raw);
    if (this.#responsesAreRaw) return;
    this.#responsesAreRaw = true;
    this.#queue.lose();
    this.#leaveRequests();
  }

  /** Hands on whatever may be handed on by now. */
  #run(): void {
    // What a fault hands on while it is told of something comes back here.
    this.#runsAgain = true;
    if (this.#isRunning || this.#isOver) return;
    this.#isRunning = true;
    this.#toServer.flush();
    while (this.#runsAgain) {
      this.#runsAgain = false;
      this.#alarm.cancel();
      this.#queue.first?.response?.chain?.goOn();
      for (let { first } = this.#queue; first && this.#advance(first); { first } = this.#queue)
        this.#leaveBehind(first);
      this.#toClient.flush();
    }
    this.#isRunning = false;
    if (this.#goesOn() && this.#queue.isEmpty) this.#handOnTheRest();
    this.#settings.changed();
  }

  /** Asked again after calls that may have ended it. */
  #goesOn(): boolean {
    return !this.#isOver;
  }

  /** The client has all of an exchange. What it got behind one that was lost, or broke off, it would take for a part of that, or for its answer. */
  #leaveBehind(exchange: Exchange): void {
    this.#queue.shift();
    if (!exchange.isLast) return;
    const dropped = this.#queue.drop();
    this.#closesBehind ||= dropped.some(({ faults }) => faults.answer !== undefined);
  }

  #handOnTheRest(): void {
    for (const raw of this.#queue.takeRaw()) this.#settings.toClient(raw);
    if (this.#closesBehind) {
      this.#finish(() => this.#settings.close());
      return;
    }
    if (!this.#serverEnded || this.#toldEnd) return;
    this.#toldEnd = true;
    this.#settings.ended();
  }

  /** Whether the client has all of an exchange. */
  #advance(exchange: Exchange): boolean {
    if (exchange.faults.answer) return this.#giveAnswer(exchange);
    while (!this.#isOver && !this.#isBlocked) {
      const [item] = exchange.items;
      // The server has sent all of it, and what a fault holds of it has not gone out.
      if (!item && exchange.response?.trailer) return exchange.response.isOver;
      if (!item) return this.#serverEnded && this.#breakOff(exchange);
      if (item.kind === 'head' && !this.#isDue(exchange, item)) return false;
      if (exchange.response?.chain?.full && !exchange.response.isOver) return false;
      this.#queue.take(exchange);
      if (this.#writer.write(exchange, item)) return true;
    }
    return false;
  }

  #breakOff(exchange: Exchange): boolean {
    exchange.isLast = true;
    return this.#writer.breakOff(exchange);
  }

  #isDue(exchange: Exchange, { atMs, raw }: Extract<Item, { kind: 'head' }>): boolean {
    const { delayMs } = exchange.faults;
    if (delayMs === 0) return true;
    if (!exchange.isDelayed) {
      exchange.isDelayed = true;
      exchange.faults.count('delay', raw.length, 'delayed');
    }
    if (atMs + delayMs <= this.#settings.clock.now()) return true;
    this.#alarm.set(atMs + delayMs, () => this.#run());
    return false;
  }

  #giveAnswer(exchange: Exchange): boolean {
    if (!exchange.isAsked || this.#isBlocked) return false;
    const { clock } = this.#settings;
    exchange.dueMs ??= clock.now();
    const dueMs = exchange.dueMs + exchange.faults.delayMs;
    if (dueMs > clock.now()) {
      this.#alarm.set(dueMs, () => this.#run());
      return false;
    }
    this.#writer.answer(exchange);
    // Before the next one it is looked whether the client still takes something.
    this.#toClient.flush();
    return true;
  }

  #finish(how: () => void): void {
    if (this.#isOver) return;
    this.#toClient.flush();
    this.discard();
    how();
  }
}
