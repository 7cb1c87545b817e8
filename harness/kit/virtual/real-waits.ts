import { createHook } from 'node:async_hooks';
import type { GamedayError } from '../errors.ts';
import { isTurn } from './clock-turn.ts';
import { escapeError } from './escape.ts';

/** What takes real time, by the types that Node gives its asynchronous resources; whatever else ends in `REQUEST` is cryptography. */
const waits: Readonly<Record<string, string>> = {
  Timeout: 'a timer of real time',
  Immediate: 'a turn of the real event loop (setImmediate)',
  FSREQCALLBACK: 'a file',
  FSREQPROMISE: 'a file',
  FILEHANDLE: 'a file',
  ZLIB: 'compression, which is done by a thread',
  GETADDRINFOREQWRAP: 'a name to be resolved',
  GETNAMEINFOREQWRAP: 'a name to be resolved',
  DNSCHANNEL: 'a name to be resolved',
  QUERYWRAP: 'a name to be resolved',
  TCPCONNECTWRAP: 'a socket',
  TCPSERVERWRAP: 'a socket',
  TCPWRAP: 'a socket',
  PIPECONNECTWRAP: 'a socket',
  UNDICI_REQUEST: 'a request on a real socket',
  HTTPCLIENTREQUEST: 'a request on a real socket',
  HTTPINCOMINGMESSAGE: 'a request on a real socket',
  UDPWRAP: 'a socket',
  UDPSENDWRAP: 'a socket',
  PROCESSWRAP: 'another process',
  WORKER: 'another thread',
  MESSAGEPORT: 'a message between ports (MessageChannel, BroadcastChannel)',
  BLOBREADER: 'a Blob to be read, which is done by a thread, also where it is part of a form',
};

/** Runners of tests have timers and threads of their own, which no simulation waits for. */
const runners = /[/]node_modules[/](vitest|@vitest|tinypool|birpc)[/]/;

/** So many are told of; one is enough to fail a run. */
const most = 10;

/**
 * Watches for code that waits in real time, where nothing may: a timer that was kept from before the globals were replaced, the thread
 * pool, a file, a socket. Each is told to `onEscape`, with the stack of who waits. Gives what ends the watch.
 */
export function watchRealWaits(onEscape: (escape: GamedayError) => void): () => void {
  let told = 0;
  const hook = createHook({
    // Of promises there are far too many, and none of them takes time by itself.
    trackPromises: false,
    init: (_id, type, _trigger, resource) => {
      const what = waits[type] ?? (type.endsWith('REQUEST') ? 'cryptography, which is done by a thread' : undefined);
      if (what === undefined || told >= most || (type === 'Immediate' && isTurn(resource))) return;
      const escape = escapeOf(what, type);
      if (!isWaitedFor(escape.stack)) return;
      told += 1;
      onEscape(escape);
    },
  });
  hook.enable();
  return () => hook.disable();
}

function escapeOf(what: string, type: string): GamedayError {
  return escapeError(
    `The simulated world was made to wait for ${what} (${type}). Real time must not pass there: virtual time does not wait for it.`,
    'Call what is global when it is used (setTimeout, setImmediate, fetch) in place of keeping it from before, and use what is done at once: gzipSync, createHash, readFileSync, text or bytes in place of a Blob.',
  );
}

/**
 * Whether somebody waits for it of whom we want to hear. Not what a function of the platform does at once (`gzipSync`), nor what belongs to
 * a test runner by the first frame outside the platform, nor what the platform does by itself.
 */
function isWaitedFor(stack = ''): boolean {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !/(real-waits|escape)\.(ts|js)/.test(line));
  const first = frames.find((line) => !line.includes('node:'));
  const isDoneAtOnce = frames.some((line) => /(Sync|\bsyncBufferWrapper) .*node:/.test(line));
  return first !== undefined && !isDoneAtOnce && !runners.test(first);
}
