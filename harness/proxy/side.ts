import type { PipeSink, PipeSource } from './pipe.ts';

/** One side of a connection. A socket is one. */
export interface Side extends PipeSource, PipeSink {
  /** Whether there is nobody yet who could be reset. */
  readonly connecting: boolean;
  readonly readableEnded: boolean;
  readonly writableFinished: boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (cause: Error) => void): unknown;
  once(event: 'connect' | 'end' | 'finish' | 'close', listener: () => void): unknown;
  destroy(): unknown;
  /** Resets the connection (a real RST). */
  resetAndDestroy(): unknown;
}
