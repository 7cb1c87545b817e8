import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { realClock, type Bench } from './support.ts';

/** So many that one of them is met by a toxic with a toxicity of 0.1: none of 400 is, once in 10^18 times. */
const mostVisitors = 400;
const atOnce = 20;
/** For a handshake that is stalled. */
const patienceMs = 300;

/** Where visitors knock. */
export interface Door {
  readonly port: number;
  /** The authority of a door with TLS. */
  readonly ca?: string;
}

/** Comes once, and tells the code of what turned it away; '' where it was let in, or nobody answered in time. Leaves at once. */
export async function visit({ port, ca }: Door): Promise<string> {
  const at = { port, host: '127.0.0.1' };
  const socket = ca === undefined ? connect(at) : connectTls({ ...at, ca });
  const inTime = new AbortController();
  const letIn = once(socket, ca === undefined ? 'connect' : 'secureConnect', { signal: inTime.signal });
  try {
    await Promise.race([letIn, realClock.sleep(patienceMs, inTime.signal)]);
    return '';
  } catch (cause) {
    return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  } finally {
    inTime.abort();
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/**
 * Visitors until one of them has met the toxic, by its receipt; tells what turned them away. Throws where all of them were spared.
 * Whoever else comes while a toxic is there that only meets who comes is chance.
 */
export async function visitUntilMet(bench: Bench, door: Door, toxicName: string): Promise<readonly string[]> {
  const codes: string[] = [];
  for (let come = 0; come < mostVisitors; come += atOnce) {
    codes.push(...(await Promise.all(Array.from({ length: atOnce }, () => visit(door)))));
    const { json } = await bench.call<{ toxic: string; connectionsAltered: number }[]>('GET', '/gameday/receipts');
    if (json.some(({ toxic, connectionsAltered }) => toxic === toxicName && connectionsAltered > 0)) return codes;
  }
  throw new Error(`None of ${mostVisitors} visitors has met ${toxicName}. They saw ${[...new Set(codes)].join(', ')}.`);
}
