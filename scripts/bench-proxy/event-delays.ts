import { Agent, request, type IncomingMessage } from 'node:http';
import { within } from './within.ts';

/** How often each stream of the upstream sends an event, and how many. */
export const eventEveryMs = 50;
const events = 40;

/** The clock of the machine, which all its processes read alike. Nanoseconds. */
export const monotonicNs = (): bigint => process.hrtime.bigint();

/** How long events of so many streams at the same time are on their way, from when the upstream writes them. Milliseconds. */
export async function eventDelays(port: number, streams: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: false, maxSockets: streams });
  const delays: number[] = [];
  const one = async (): Promise<void> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ port, host: '127.0.0.1', path: `/events?count=${events}`, agent }, resolve)
        .on('error', reject)
        .end();
    });
    let text = '';
    let ended = false;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const nowNs = monotonicNs();
      const parts = (text + chunk.toString()).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts)
        if (part === 'data: [DONE]') ended = true;
        else delays.push(Number(nowNs - BigInt(part.slice('data: '.length))) / 1e6);
    }
    if (!ended) throw new Error('A stream of events ended before its end.');
  };
  const all = Promise.all(Array.from({ length: streams }, one));
  await within(`the events of ${streams} streams`, all, { meantMs: events * eventEveryMs });
  return delays;
}
