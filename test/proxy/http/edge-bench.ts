import { EventEmitter } from 'node:events';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { ActiveToxic, type AnyKind } from '../../../harness/proxy/active-toxic.ts';
import { HttpEdge } from '../../../harness/proxy/http/http-edge.ts';
import type { AttributeValues } from '../../../harness/proxy/http/http-toxic.ts';
import { anyKinds } from '../../../harness/proxy/kinds.ts';
import { isAtBytes, isAtRequests } from '../../../harness/proxy/meeting.ts';
import { Pipe, type PipeSink, type PipeSource } from '../../../harness/proxy/pipe.ts';

/** One end of a connection, as a socket is: what the proxy writes to it, and what it says itself while nobody has paused it. */
export class End extends EventEmitter {
  readonly #waiting: (Buffer | 'end')[] = [];
  #received: Buffer[] = [];
  isPaused = false;
  /** Takes no more: `write` gives false. */
  isBlocked = false;
  destroyed = false;
  writableEnded = false;
  writableNeedDrain = false;
  /** Called with everything that comes. */
  onChunk: (chunk: Buffer) => void = () => undefined;

  /** What was written to it. */
  get text(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, one) => sum + (one === 'end' ? 0 : one.length), 0);
  }

  say(chunk: Buffer | 'end'): void {
    this.#waiting.push(chunk);
    this.#push();
  }

  write(chunk: Buffer): boolean {
    if (this.writableEnded) throw new Error('A chunk came after the end.');
    this.#received.push(Buffer.from(chunk));
    this.onChunk(chunk);
    this.writableNeedDrain ||= this.isBlocked;
    return !this.isBlocked;
  }

  end(): void {
    if (this.writableEnded) throw new Error('The end came twice.');
    this.writableEnded = true;
  }

  drain(): void {
    this.isBlocked = false;
    if (!this.writableNeedDrain) return;
    this.writableNeedDrain = false;
    this.emit('drain');
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    queueMicrotask(() => this.#push());
  }

  #push(): void {
    while (!this.isPaused && this.#waiting.length > 0) {
      const one = this.#waiting.shift();
      if (one === 'end') this.emit('end');
      else this.emit('data', one);
    }
  }
}

/** A connection as `Connection` makes it, between two ends that are no sockets, on the virtual clock. */
export class EdgeBench {
  readonly clock = new VirtualClock();
  readonly client = new End();
  readonly server = new End();
  readonly toxics: ActiveToxic[] = [];
  /** How the proxy ended the connection, if it did. */
  outcome: 'closed' | 'reset' | undefined;
  readonly #edge: HttpEdge;
  readonly #pipes: Record<'upstream' | 'downstream', Pipe>;
  readonly #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
    const { clock, client, server } = this;
    this.#edge = new HttpEdge({
      ...{ server, clock },
      close: () => this.#pipes.downstream.finish(),
      reset: () => this.#break('reset'),
    });
    const pipe = (source: PipeSource, sink: PipeSink): Pipe =>
      new Pipe({
        ...{ source, sink, clock, came: () => undefined, passed: () => undefined },
        close: () => this.#break('closed'),
        closeBehind: () => (this.outcome ??= 'closed'),
        reset: () => this.#break('reset'),
      });
    const { source, sink } = this.#edge;
    this.#pipes = {
      upstream: pipe(client, sink),
      downstream: pipe(source, client),
    };
  }

  add(
    type: string,
    attributes: AttributeValues = {},
    more: { readonly toxicity?: number; readonly stream?: 'upstream' | 'downstream' } = {},
  ): ActiveToxic {
    const { toxicity = 1, stream = 'downstream' } = more;
    const kind = anyKinds.find((one) => one.type === type);
    if (!kind) throw new Error(`no toxic ${type}`);
    const name = `${this.toxics.length}`;
    const toxic = new ActiveToxic<AnyKind>(
      'a',
      { kind, name, stream, direction: stream, toxicity, attributes: withDefaults(kind, attributes) },
      this.clock,
    );
    this.toxics.push(toxic);
    const meeting = toxic.meet(1, seededRandom(this.#seed).fork(name));
    if (isAtRequests(meeting)) this.#edge.add(meeting);
    else if (isAtBytes(meeting)) this.#pipes[stream].add(meeting);
    return toxic;
  }

  /** Changes what is named, as `PATCH` does. */
  update(
    toxic: ActiveToxic,
    { attributes = {}, toxicity }: { readonly attributes?: AttributeValues; readonly toxicity?: number },
  ): void {
    toxic.attributes = { ...toxic.attributes, ...attributes };
    toxic.toxicity = toxicity ?? toxic.toxicity;
    this.#pipes[toxic.direction].update(toxic);
  }

  remove(toxic: ActiveToxic): void {
    this.#edge.remove(toxic);
    this.#pipes[toxic.direction].remove(toxic);
  }

  #break(outcome: 'closed' | 'reset'): void {
    this.outcome ??= outcome;
    this.#edge.discard();
    this.#pipes.upstream.discard();
    this.#pipes.downstream.discard();
  }
}

/** Attributes, and the defaults of those that are not given. */
export function withDefaults(kind: AnyKind, attributes: AttributeValues): AttributeValues {
  const defaults = Object.entries(kind.attributes).flatMap(([name, spec]) =>
    spec.default === undefined ? [] : [[name, spec.default] as const],
  );
  return { ...Object.fromEntries(defaults), ...attributes };
}
