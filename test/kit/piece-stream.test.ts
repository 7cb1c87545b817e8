import { describe, expect, it, vi } from 'vitest';
import { pieceStream, takePieceReader, type Piece, type PieceMaker } from '../../harness/kit/piece-stream.ts';

const piece = (text: string): Piece => new Uint8Array(Buffer.from(text));
const textOf = (bytes: Piece | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

function byPlatform(stream: ReadableStream<Piece>) {
  return stream.getReader();
}

function pastItsQueue(stream: ReadableStream<Piece>) {
  const own = takePieceReader(stream);
  if (!own) throw new Error('It has no reader of its own.');
  const reader = stream.getReader();
  const releaseLock = (): void => {
    own.letGo();
    reader.releaseLock();
  };
  return { read: () => own.read(), cancel: () => reader.cancel(), closed: reader.closed, releaseLock };
}

/** Writes one of `texts` each time it is asked, and then the end. */
function making(texts: readonly string[]) {
  const left = [...texts];
  const pull = vi.fn<NonNullable<PieceMaker['pull']>>(async (writer) => {
    await Promise.resolve();
    const next = left.shift();
    if (next === undefined) writer.close();
    else writer.enqueue(piece(next));
  });
  return { pull, cancel: () => undefined };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each([
  { way: 'by the platform', open: byPlatform },
  { way: 'past its queue', open: pastItsQueue },
])('a stream of pieces that is read $way', ({ open }) => {
  it('gives what was written before and after it was asked for, in order, and then its end', async () => {
    const { stream, writer } = pieceStream({ cancel: () => undefined });
    writer.enqueue(piece('one'));
    const reader = open(stream);
    expect(textOf((await reader.read()).value)).toBe('one');
    const waiting = reader.read();
    for (const text of ['two', 'three']) writer.enqueue(piece(text));
    writer.close();
    expect(textOf((await waiting).value)).toBe('two');
    expect(textOf((await reader.read()).value)).toBe('three');
    expect((await reader.read()).done).toBe(true);
    await expect(reader.closed).resolves.toBeUndefined();
    expect(() => writer.enqueue(piece('too late'))).not.toThrow();
  });

  it('is asked for one piece more than is read, and never twice at a time', async () => {
    const maker = making(['one', 'two', 'three', 'four']);
    const reader = open(pieceStream(maker).stream);
    await turn();
    expect(maker.pull).toHaveBeenCalledTimes(1);
    expect(textOf((await reader.read()).value)).toBe('one');
    await turn();
    expect(maker.pull).toHaveBeenCalledTimes(2);
  });

  it('gives all that its maker has, and the end', async () => {
    const reader = open(pieceStream(making(['one', 'two'])).stream);
    const read: unknown[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) read.push(textOf(next.value));
    expect(read).toEqual(['one', 'two']);
  });

  it('tells its maker when the reader leaves in the middle, and ends what is being read', async () => {
    const cancel = vi.fn();
    const reader = open(pieceStream({ cancel }).stream);
    const waiting = reader.read();
    await reader.cancel();
    expect(cancel).toHaveBeenCalledOnce();
    expect((await waiting).done).toBe(true);
  });

  it('says nothing to its maker when the reader leaves after the end', async () => {
    const cancel = vi.fn();
    const { stream, writer } = pieceStream({ cancel });
    const reader = open(stream);
    writer.close();
    await reader.cancel();
    expect(cancel).not.toHaveBeenCalled();
  });

  it('breaks with the error of its maker, also for whoever reads later', async () => {
    const pull = (): Promise<void> => Promise.reject(new Error('no more paper'));
    const reader = open(pieceStream({ pull, cancel: () => undefined }).stream);
    reader.closed.catch(() => undefined);
    await expect(reader.read()).rejects.toThrow('no more paper');
    await expect(reader.read()).rejects.toThrow('no more paper');
  });

  it('fails what is being read when the reader lets go of it', async () => {
    const reader = open(pieceStream({ cancel: () => undefined }).stream);
    reader.closed.catch(() => undefined);
    const waiting = reader.read();
    reader.releaseLock();
    await expect(waiting).rejects.toThrow(/Releasing reader/);
  });
});

describe('takePieceReader', () => {
  it('gives it once, and none for a stream of another kind', () => {
    const { stream } = pieceStream({ cancel: () => undefined });
    expect(takePieceReader(stream)).toBeDefined();
    expect(takePieceReader(stream)).toBeUndefined();
    expect(takePieceReader(new ReadableStream())).toBeUndefined();
  });
});
