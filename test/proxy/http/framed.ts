import { framingOf } from '../../../harness/proxy/http/framing.ts';
import { MessageFramer } from '../../../harness/proxy/http/message-framer.ts';

/** A message as a framer told of it. */
export interface Framed {
  /** The method of a request, or the status of a response. */
  readonly first: string;
  readonly head: string;
  body: string;
  /** All that was said to belong to it. */
  raw: string;
  isWhole: boolean;
}

export interface Told {
  readonly messages: readonly Framed[];
  /** What was said to be no HTTP. */
  readonly opaque: string;
  /** Everything that was told of, in the order in which it was. */
  readonly raw: string;
  /** The longest time that whole messages had to wait: how many bytes had come when the last one was told of. */
  readonly wholeAt: readonly number[];
}

/** Feeds chunks to a framer and keeps what it tells. Bytes are kept as latin1. `methods` are those that responses answer. */
export function frame(
  kind: 'request' | 'response',
  chunks: readonly Buffer[],
  methods: readonly string[] = [],
  ends = true,
): Told {
  const messages: Framed[] = [];
  const wholeAt: number[] = [];
  let [opaque, raw, fed, answered] = ['', '', 0, 0];
  const add = (bytes: Buffer): void => {
    raw += bytes.toString('latin1');
    const last = messages.at(-1);
    if (last) last.raw += bytes.toString('latin1');
  };
  const framer = new MessageFramer(kind, {
    head: (head, bytes) => {
      const text = bytes.toString('latin1');
      messages.push({
        ...{ first: head.kind === 'request' ? head.method : String(head.status), head: text },
        ...{ body: '', raw: '', isWhole: false },
      });
      add(bytes);
      const method = kind === 'request' ? '' : (methods[answered] ?? 'GET');
      if (head.kind === 'response' && head.status >= 200) answered += 1;
      return framingOf(head, method);
    },
    body: (bytes, pieces) => {
      add(bytes);
      const last = messages.at(-1);
      if (last) last.body += Buffer.concat(pieces).toString('latin1');
    },
    end: (trailer) => {
      add(trailer);
      const last = messages.at(-1);
      if (last) last.isWhole = true;
      wholeAt.push(fed);
    },
    opaque: (bytes) => {
      opaque += bytes.toString('latin1');
      raw += bytes.toString('latin1');
    },
  });
  for (const chunk of chunks) {
    fed += chunk.length;
    framer.feed(chunk);
  }
  if (ends) framer.finish();
  return { messages, opaque, raw, wholeAt };
}

/** Bytes cut at these places, which are shares of the whole. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => Math.floor(place * bytes.length)))].toSorted(
    (left, right) => left - right,
  );
  const ends = [...at.filter((place) => place > 0 && place < bytes.length), bytes.length];
  // Each a copy of its own, so that nothing hangs on the memory they share.
  return ends.map((end, index) => Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], end)));
}

export function oneByOne(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}
