import type { Clock } from '../../kit/clock.ts';
import type { BodySink } from './body-chain.ts';
import type { Exchange, Item, ResponseOut } from './exchange.ts';
import type { ResponseFacts } from './http-toxic.ts';
import { answerBytes, asChunk, changedHead, lastChunk } from './write-head.ts';

type HeadItem = Extract<Item, { kind: 'head' }>;

interface Client {
  readonly clock: Clock;
  toClient(raw: Buffer): void;
  close(): void;
  reset(): void;
  /** A fault that held something has handed it on. */
  moved(): void;
}

/** Puts responses on the wire to the client: as they came, or as the faults of their exchange make them. */
export class ResponseWriter {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  answer(exchange: Exchange): void {
    const { faults, method, closesAfterwards } = exchange;
    const { answer } = faults;
    if (!answer) return;
    const { clock } = this.#client;
    const bytes = answerBytes(answer, { method, closes: closesAfterwards, nowMs: clock.now() });
    faults.count('delay', bytes.length, 'delayed');
    faults.count('answer', bytes.length, 'added');
    this.#client.toClient(bytes);
    if (closesAfterwards) this.#client.close();
  }

  /** Whether the client has all of the exchange by it. */
  write(exchange: Exchange, item: Item): boolean {
    const { response } = exchange;
    if (item.kind === 'interim') this.#client.toClient(item.raw);
    else if (item.kind === 'head') this.#head(exchange, item);
    else if (item.kind === 'body') this.#body(response, item);
    else return this.#end(response, item.raw);
    return false;
  }

  /** The server has gone in the middle of its answer. What a fault holds of it still goes out. */
  breakOff({ response }: Exchange): boolean {
    if (!response?.chain || response.isOver) return true;
    if (response.trailer === undefined) {
      response.trailer = Buffer.alloc(0);
      response.isBroken = true;
      response.chain.end();
    }
    return response.isOver;
  }

  #body(response: ResponseOut | undefined, { raw, pieces }: Extract<Item, { kind: 'body' }>): void {
    if (!response || response.isOver) return;
    if (!response.chain) this.#client.toClient(raw);
    else for (const piece of pieces) response.chain.chunk(piece);
  }

  #end(response: ResponseOut | undefined, trailer: Buffer): boolean {
    if (!response || response.isOver) return true;
    response.trailer = trailer;
    if (response.chain) {
      response.chain.end();
      return response.isOver;
    }
    this.#client.toClient(trailer);
    if (response.endsBy === 'close') this.#client.close();
    response.isOver = true;
    return true;
  }

  #head(exchange: Exchange, item: HeadItem): void {
    const { head, framing, raw } = item;
    const facts: ResponseFacts = { status: head.status, header: (name) => head.fields.get(name) };
    const hasBody = framing.kind !== 'none' && framing.kind !== 'tunnel' && framing.kind !== 'unclear';
    const { difference, length } = this.#lengthOf(exchange, item);
    const out: { response: ResponseOut | undefined } = { response: undefined };
    const body = hasBody
      ? exchange.faults.startBody(facts, { clock: this.#client.clock, sink: this.#sinkOf(out) })
      : undefined;
    const own = { chain: body?.chain, isOver: false, isBroken: false, trailer: undefined };
    const changes = body?.changesLength === true && framing.kind === 'length';
    if (difference !== 0) {
      exchange.faults.count('length', 0, 'corrupted');
      out.response = { ...own, endsBy: 'close' };
      const field = `content-length: ${Math.max(0, length + difference)}`;
      this.#client.toClient(changedHead(raw, { without: ['content-length'], with: field }));
    } else if (changes) {
      // An old client knows no chunks: the end of the connection is the end of the body.
      out.response = { ...own, endsBy: head.minor === 0 ? 'close' : 'last chunk' };
      const field = head.minor === 0 ? 'connection: close' : 'transfer-encoding: chunked';
      this.#client.toClient(changedHead(raw, { without: ['content-length'], with: field }));
    } else {
      const endings = { chunked: 'last chunk', 'until close': 'close' } as const;
      const endsBy = framing.kind === 'chunked' || framing.kind === 'until close' ? endings[framing.kind] : 'length';
      // The end of a body that nothing is done to is in its own bytes, or is that of the connection, which is handed on.
      out.response = { ...own, endsBy: body === undefined && endsBy === 'close' ? 'length' : endsBy };
      this.#client.toClient(raw);
    }
    exchange.response = out.response;
  }

  #lengthOf({ faults }: Exchange, { framing }: HeadItem): { readonly difference: number; readonly length: number } {
    // A body in chunks says no length that could be wrong.
    if (framing.kind !== 'length') return { difference: 0, length: 0 };
    return { difference: faults.lengthDifference, length: framing.bytes };
  }

  #sinkOf(out: { readonly response: ResponseOut | undefined }): BodySink {
    const isOver = (): boolean => {
      const { response } = out;
      if (!response || response.isOver) return true;
      response.isOver = true;
      return false;
    };
    return {
      forward: (bytes) => {
        const { response } = out;
        if (!response || response.isOver) return;
        this.#client.toClient(response.endsBy === 'last chunk' ? asChunk(bytes) : bytes);
        this.#client.moved();
      },
      end: () => {
        if (isOver()) return;
        const { response } = out;
        if (response?.isBroken === true) {
          // Its end is that of the connection.
        } else if (response?.endsBy === 'last chunk')
          this.#client.toClient(response.trailer?.length ? response.trailer : lastChunk);
        else if (response?.endsBy === 'close') this.#client.close();
        this.#client.moved();
      },
      cut: (how) => {
        if (isOver()) return;
        if (how === 'reset') this.#client.reset();
        else this.#client.close();
      },
    };
  }
}
