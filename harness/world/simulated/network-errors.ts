/** An error of `fetch` as undici throws it, with the system's or the socket's own error as its cause. */
export function fetchFailed(code: string, message: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

/** A name has no address: the error of the system's own look-up. */
export function notResolved(code: 'ENOTFOUND' | 'EAI_AGAIN', hostname: string): TypeError {
  const failed = fetchFailed(code, `getaddrinfo ${code} ${hostname}`);
  Object.assign(failed.cause as Error, { syscall: 'getaddrinfo', hostname });
  return failed;
}

/** An error of `fetch` for what is no fault of the network. */
export function failedBecause(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

export function refused(address: string): TypeError {
  return fetchFailed('ECONNREFUSED', `connect ECONNREFUSED ${address}`);
}

/** Nobody answered a connect for so long as undici waits. */
export function connectTimedOut(address: string): TypeError {
  return fetchFailed('UND_ERR_CONNECT_TIMEOUT', `Connect Timeout Error (attempted address: ${address})`);
}

/** The other side closed the connection in the middle. */
export function closed(): TypeError {
  return fetchFailed('UND_ERR_SOCKET', 'other side closed');
}

export function reset(): TypeError {
  return fetchFailed('ECONNRESET', 'read ECONNRESET');
}

/** What came is no HTTP; `why` is what the platform's parser says of it. Its error has no code. */
export function garbled(why: string): TypeError {
  const cause = new Error(`Response does not match the HTTP/1.1 protocol (${why})`);
  return new TypeError('fetch failed', { cause: Object.assign(cause, { name: 'HTTPParserError' }) });
}

/** What a server of Node sees that reads a body whose sender has gone. */
export function aborted(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** What an error of the connection looks like to whoever reads a body. */
export function terminated(error: TypeError): TypeError {
  return new TypeError('terminated', { cause: error.cause });
}

/** A promise that is rejected with whatever was thrown or given as a reason, an error or not. */
export function rejected(cause: unknown): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give: (cause: unknown) => void = reject;
    give(cause);
  });
}
