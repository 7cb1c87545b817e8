import { gateStream, type Gate } from './gated-stream.ts';
import { LightRequest } from './light-request.ts';

/**
 * A request as the process has it that answers it: its signal is one of the process's own. That of the network aborts in the middle of what
 * somebody else does; what the process does then has to be done by itself, when it runs, and not at all when it is dead. So has what it does with
 * each piece of a body that comes bit by bit.
 *
 * @param enter runs code as the process's, when it runs
 */
export function ownRequest(request: Request, enter: (code: () => void) => void): Request {
  const signal = (): AbortSignal => followed(request.signal, enter);
  const arriving = LightRequest.arriving(request);
  if (arriving) gateStream(arriving, heardIn(enter));
  return LightRequest.withSignal(request, signal) ?? new Request(request, { signal: signal() });
}

function followed(signal: AbortSignal, enter: (code: () => void) => void): AbortSignal {
  if (signal.aborted) return signal;
  const own = new AbortController();
  signal.addEventListener('abort', () => enter(() => own.abort(signal.reason)), { once: true });
  return own.signal;
}

function heardIn(enter: (code: () => void) => void): Gate {
  return {
    read: (source) =>
      new Promise((resolve, reject) => {
        const fail: (cause: unknown) => void = reject;
        source.read().then(
          (reading) => enter(() => resolve(reading)),
          (cause: unknown) => enter(() => fail(cause)),
        );
      }),
    cancel: (leaving) => leaving.cancel(),
  };
}
