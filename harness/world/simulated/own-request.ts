import { LightRequest } from './light-request.ts';

/**
 * A request as the process has it that answers it: its signal is one of the process's own. That of the network aborts in the middle of what
 * somebody else does; what the process does then has to be done by itself, when it runs, and not at all when it is dead.
 *
 * @param enter runs code as the process's, when it runs
 */
export function ownRequest(request: Request, enter: (code: () => void) => void): Request {
  const signal = (): AbortSignal => followed(request.signal, enter);
  return LightRequest.withSignal(request, signal) ?? new Request(request, { signal: signal() });
}

function followed(signal: AbortSignal, enter: (code: () => void) => void): AbortSignal {
  if (signal.aborted) return signal;
  const own = new AbortController();
  signal.addEventListener('abort', () => enter(() => own.abort(signal.reason)), { once: true });
  return own.signal;
}
