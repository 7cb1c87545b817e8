import type { Clock } from '../../kit/clock.ts';
import type { BodySink } from './body-chain.ts';
import type { Exchange, Item, ResponseOut } from './exchange.ts';
import type { StartedBody } from './exchange-faults.ts';
import type { ResponseFacts } from './http-toxic.ts';
import { answerBytes, asChunk, changedHead, lastChunk, type HeadChange } from './write-head.ts';

type HeadItem = Extract<Item, { kind: 'head' }>;

interface Client {
  readonly clock: Clock;
  toClient(raw: Buffer): void;
  /** Whether the client takes nothing at present. */
  isBlocked(): boolean;
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
    faults.countAnswer(bytes.length);
    this.#client.toClient(bytes);
    if (closesAfterwards) this.#client.close();
  }

  /** Whether the client has all of the exchange by it. */
  write(exchange: Exchange, item: Item): boolean {
    const { response } = exchange;
    if (item.kind === 'interim') this.#client.toClient(item.raw);
    else if (item.kind === 'head') this.#head(exchange, item);
    else if (item.kind === 'body') this.#body(response, item);
    else return this.#end(response, item);
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

  #end(response: ResponseOut | undefined, { raw: trailer, isLost }: Extract<Item, { kind: 'end' }>): boolean {
    if (!response || response.isOver) return true;
    response.trailer = trailer;
    response.isBroken = isLost === true;
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
    // The end of a body that nothing is done to is in its own bytes, or is that of the connection, which is handed on.
    const plain = { chain: undefined, closes: false, isOver: false, isBroken: false, trailer: undefined };
    if (exchange.faults.isEmpty) {
      exchange.response = { ...plain, endsBy: 'length' };
      this.#client.toClient(raw);
      return;
    }
    const facts: ResponseFacts = { status: head.status, header: (name) => head.fields.get(name) };
    const hasBody = framing.kind !== 'none' && framing.kind !== 'tunnel' && framing.kind !== 'unclear';
    const out: { response: ResponseOut | undefined } = { response: undefined };
    const body = hasBody
      ? exchange.faults.startBody(facts, { clock: this.#client.clock, sink: this.#sinkOf(out) })
      : undefined;
    const shape = shapeOf(exchange, item, body);
    if (shape.isWrongLength) exchange.faults.count('length', 0, 'corrupted');
    out.response = { ...plain, ...shape.out, chain: body?.chain };
    exchange.response = out.response;
    this.#client.toClient(shape.change ? changedHead(raw, shape.change) : raw);
  }

  #sinkOf(out: { readonly response: ResponseOut | undefined }): BodySink {
    const isOver = (): boolean => {
      const { response } = out;
      if (!response || response.isOver) return true;
      response.isOver = true;
      return false;
    };
    const client = this.#client;
    return {
      get isBlocked() {
        return client.isBlocked();
      },
      get isFull() {
        return client.isBlocked();
      },
      forward: (bytes) => {
        const { response } = out;
        if (!response || response.isOver) return;
        this.#client.toClient(response.endsBy === 'last chunk' ? asChunk(bytes) : bytes);
      },
      moved: () => client.moved(),
      end: () => {
        if (isOver()) return;
        const { response } = out;
        if (response?.isBroken === true) {
          // Its end is that of the connection.
          this.#client.moved();
          return;
        }
        if (response?.endsBy === 'last chunk')
          this.#client.toClient(response.trailer?.length ? response.trailer : lastChunk);
        if (response?.closes === true || response?.endsBy === 'close') this.#client.close();
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

/** What becomes of a head that faults are done to, and of how its body ends. */
function shapeOf(
  exchange: Exchange,
  { head, framing }: HeadItem,
  body: StartedBody | undefined,
): {
  readonly out: Pick<ResponseOut, 'endsBy' | 'closes'>;
  readonly isWrongLength?: true;
  readonly change?: HeadChange;
} {
  const difference = framing.kind === 'length' ? exchange.faults.lengthDifference : 0;
  if (framing.kind === 'length' && difference !== 0) {
    const field = `content-length: ${Math.max(0, framing.bytes + difference)}`;
    const change = { without: ['content-length'], with: [field] };
    return { out: { endsBy: 'close', closes: false }, isWrongLength: true, change };
  }
  if (body === undefined) return { out: { endsBy: 'length', closes: false } };
  // An old client knows no chunks: the end of the connection is the end of the body.
  const isOld = head.minor === 0 || exchange.minor === 0;
  const without: string[] = [];
  const fields: string[] = [];
  const losesLength = body.changesLength && framing.kind === 'length';
  if (losesLength) without.push('content-length');
  if (losesLength && !isOld) fields.push('transfer-encoding: chunked');
  const closes = body.endsEarly || (losesLength && isOld);
  // What has no other end closes the connection anyway.
  const saysClose = closes && framing.kind !== 'until close';
  if (saysClose) without.push('connection', 'keep-alive');
  if (saysClose) fields.push('connection: close');
  body.countHead({ losesLength, saysClose });
  const endsBy = framing.kind === 'chunked' || (losesLength && !isOld) ? 'last chunk' : 'close';
  return {
    out: { endsBy: framing.kind === 'length' && !losesLength ? 'length' : endsBy, closes },
    ...(fields.length > 0 ? { change: { without, with: fields } } : {}),
  };
}
