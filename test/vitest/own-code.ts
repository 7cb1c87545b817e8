import { setupServer } from 'msw/node';
import type { CreateTarget, TargetConfig } from '../../harness/index.ts';
import { handlers } from '../../fakes/msw.ts';
import { smallTarget } from '../run/small-world.ts';

/** Somebody's own function, which knows no other place to ask than the vendor's. */
export async function answerOf(question: string, baseUrl = 'https://api.openai.com/v1'): Promise<string> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gameday-8b', messages: [{ role: 'user', content: question }], stream: true }),
    signal: AbortSignal.timeout(2000),
  });
  if (!response.ok) throw new Error(`The model answered ${response.status}.`);
  const events = await response.text();
  if (!events.includes('[DONE]')) throw new Error('The answer was cut off.');
  return [...events.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('');
}

/** What makes a target of the function: it is asked at `/ask`, and keeps documents in memory. */
function service(ask: (question: string) => Promise<string>, stop = (): void => undefined): ReturnType<CreateTarget> {
  const stored: unknown[] = [];
  return {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/health') return new Response('ok');
      if (request.method === 'GET') return Response.json({ documents: stored });
      if (pathname === '/documents') {
        const { documents } = (await request.json()) as { documents: unknown[] };
        stored.push(...documents);
        return Response.json({ stored: documents });
      }
      const { question } = (await request.json()) as { question: string };
      const events = `event: token\ndata: ${JSON.stringify(await ask(question))}\n\nevent: done\ndata: x\n\n`;
      return new Response(events, { headers: { 'content-type': 'text/event-stream' } });
    },
    stop: () => {
      stop();
      return Promise.resolve();
    },
  };
}

function target(name: string, createTarget: CreateTarget): TargetConfig {
  return { ...smallTarget(), name, inProcess: () => Promise.resolve(createTarget) };
}

/** By the `fetch` of the world: the function is told where the model is. */
export const handedFetch = target('handed a fetch', ({ environment }) =>
  service((question) => answerOf(question, environment['OPENAI_BASE_URL'])),
);

/** By Mock Service Worker: the function stays as it is. */
export const throughMsw = target('through MSW', (world) => {
  const server = setupServer(...handlers(world));
  server.listen({ onUnhandledRequest: 'error' });
  return service(
    (question) => answerOf(question),
    () => server.close(),
  );
});
