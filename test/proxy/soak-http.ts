import { Agent, request } from 'node:http';
import { piecesPerConnection, type SoakClient } from './soak-bytes.ts';

/** Events of one answer. */
const eventCount = 6;

/** Answers every request with events that say who asked: its path. The length is said beforehand where the client knows it. */
export const eventServer = `
  import { createServer } from 'node:http';
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    incoming.resume();
    response.on('error', () => undefined);
    const [path, length] = incoming.url.split('?length=');
    response.writeHead(200, { 'content-type': 'text/event-stream', ...(length ? { 'content-length': length } : {}) });
    const connection = Number(path.slice(1));
    let event = 0;
    const send = () => {
      if (response.destroyed) return;
      if (event === ${eventCount}) return void response.end('data: [DONE]\\n\\n');
      response.write('data: ' + JSON.stringify({ connection, event: event++, text: 'grün' }) + '\\n\\n');
      setTimeout(send, 2);
    };
    send();
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }));
  process.on('disconnect', () => process.exit());
`;

/** What a connection got back of its four requests, and how many of them came whole. */
export interface AnsweredConnection {
  readonly text: string;
  readonly wholeAnswers: number;
}

/** Asks four times, one after another, on one connection as long as it holds; every second time for an answer that says its length. */
export async function askOften(
  number: number,
  port: number,
  { pause, watch }: SoakClient,
): Promise<AnsweredConnection> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let [text, wholeAnswers] = ['', 0];
  for (let count = 0; count < piecesPerConnection; count++) {
    const whole = wholeAnswer(number);
    const length = count % 2 === 0 ? '' : `?length=${Buffer.byteLength(whole)}`;
    const answer = await ask({ agent, port, path: `/${number}${length}`, watch });
    text += answer;
    if (answer === whole) wholeAnswers += 1;
    await pause();
  }
  agent.destroy();
  return { text, wholeAnswers };
}

/** As much of an answer as came. */
function ask({
  watch,
  ...to
}: { readonly agent: Agent; readonly port: number; readonly path: string } & Pick<
  SoakClient,
  'watch'
>): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (): void => resolve(Buffer.concat(chunks).toString());
    const sent = request({ host: '127.0.0.1', method: 'POST', ...to }, (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', done);
      response.on('error', done);
    });
    sent.on('socket', watch).on('error', done);
    sent.end('{}');
  });
}

function wholeAnswer(connection: number): string {
  const events = Array.from({ length: eventCount }, (_, event) => JSON.stringify({ connection, event, text: 'grün' }));
  return [...events, '[DONE]'].map((event) => `data: ${event}\n\n`).join('');
}

/** What is wrong with what a connection got back, whatever faults there were: events of somebody else. Undefined when nothing is. */
export function problemOfAnswers(number: number, text: string): string | undefined {
  const others = Array.from(text.matchAll(/"connection":(\d+),/g), ([, whose]) => whose).filter(
    (whose) => whose !== String(number),
  );
  return others.length === 0 ? undefined : `it got events of ${others.join(', ')}`;
}
