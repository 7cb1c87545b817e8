import type { ActiveToxic } from '../active-toxic.ts';
import { newExchange, type Exchange, type Item } from './exchange.ts';
import { ExchangeFaults } from './exchange-faults.ts';

/** What is held of the server's bytes before it is paused. */
const heldBytes = 65_536;
/** What an item costs beside its bytes: a body in pieces of one byte must not look like nothing. */
const overheadBytes = 256;
/** How many requests wait for their answers before the client is paused. */
const mostWaiting = 256;

const nothing = Buffer.alloc(0);

/** The exchanges of one connection that are under way, and what is held of what the server has said to them. */
export class ExchangeQueue {
  /** In the order in which the client gets their answers. */
  readonly #order: Exchange[] = [];
  /** Those that the server has not answered to the end. */
  readonly #asked: Exchange[] = [];
  /** What came behind them and is no HTTP. */
  readonly #raw: Buffer[] = [];
  #heldBytes = 0;

  /** Whose answer the client gets next. */
  get first(): Exchange | undefined {
    return this.#order[0];
  }

  get isEmpty(): boolean {
    return this.#order.length === 0;
  }

  /** The server should wait. */
  get isFull(): boolean {
    return this.#heldBytes >= heldBytes;
  }

  /** The client should wait. */
  get isCrowded(): boolean {
    return this.#order.length >= mostWaiting;
  }

  add(exchange: Exchange): void {
    this.#order.push(exchange);
    if (!exchange.faults.answer) this.#asked.push(exchange);
  }

  /** Whose response is coming. Servers also speak unasked, as with 408 to a connection that is idle. */
  answered(): Exchange {
    const [first] = this.#asked;
    if (first) return first;
    const exchange = newExchange({ method: 'GET', minor: 1, faults: new ExchangeFaults([]), isAsked: true });
    this.add(exchange);
    return exchange;
  }

  /** Something of the response that is coming. */
  put(item: Item): void {
    this.answered().items.push(item);
    this.#hold(item.raw);
  }

  /** The server has said all of the response that is coming. */
  putEnd(raw: Buffer): void {
    this.put({ kind: 'end', raw });
    this.#asked.shift();
  }

  /** What the server says is no response any more, nor is what comes later. */
  putRaw(raw: Buffer): void {
    this.#raw.push(raw);
    this.#hold(raw);
  }

  /** Nobody can say where the response that is coming ends, or whether there will be one. */
  lose(): void {
    this.answered().isLast = true;
    this.put({ kind: 'end', raw: nothing, isLost: true });
    this.#asked.length = 0;
  }

  /** The next item of an exchange, which is dealt with by that. */
  take({ items }: Exchange): void {
    const item = items.shift();
    if (item) this.#release(item.raw);
  }

  takeRaw(): Buffer[] {
    const all = this.#raw.splice(0);
    for (const raw of all) this.#release(raw);
    return all;
  }

  /** The client has all of the first one. */
  shift(): void {
    this.#order.shift();
  }

  /** What no client could tell whose answer it is has none. Gives what was dropped. */
  drop(): readonly Exchange[] {
    this.#asked.length = 0;
    for (const exchange of this.#order) {
      exchange.faults.discard();
      while (exchange.items.length > 0) this.take(exchange);
    }
    return this.#order.splice(0);
  }

  /** A toxic is gone. */
  release(toxic: ActiveToxic): void {
    for (const exchange of this.#order) exchange.faults.release(toxic);
  }

  /** The connection is gone. */
  discard(): void {
    this.drop();
    this.takeRaw();
  }

  #hold(raw: Buffer): void {
    this.#heldBytes += raw.length + overheadBytes;
  }

  #release(raw: Buffer): void {
    this.#heldBytes -= raw.length + overheadBytes;
  }
}
