import type { CreateTarget, InProcessTarget, TargetConfig } from 'gameday';
import { handlers } from 'gameday/fakes/msw';
import { setupServer } from 'msw/node';

interface Document {
  readonly id: string;
  readonly version: number;
  readonly text: string;
}

/** A question-answering service as small as it can be: it keeps documents in memory and asks a model about those that fit. */
function createService(modelUrl: string, key: string): InProcessTarget {
  const documents = new Map<string, Document>();

  async function ask(question: string): Promise<Response> {
    // Questions are of the form "What is the locker key of Harbor Lamp 0417?".
    const subject = / of (.+)\?$/.exec(question)?.[1] ?? question;
    const fitting = [...documents.values()].filter(({ text }) => text.includes(subject));
    const passages = fitting.map(({ id, text }) => `[${id}] ${text}`).join('\n');
    const answer = await fetch(`${modelUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'gameday-8b',
        messages: [{ role: 'user', content: `${passages}\n\nQuestion: ${question}` }],
      }),
    });
    if (!answer.ok) return new Response('The model failed.', { status: 502 });
    const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
    const token = JSON.stringify({ text: choices[0]?.message.content ?? '' });
    const done = JSON.stringify({ citations: fitting.map(({ id }) => id) });
    return new Response(`event: token\ndata: ${token}\n\nevent: done\ndata: ${done}\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    });
  }

  return {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/health') return new Response('ok');
      if (pathname === '/ask') return ask(((await request.json()) as { question: string }).question);
      if (request.method === 'GET') return Response.json([...documents.values()]);
      const given = (await request.json()) as Document[];
      for (const document of given) documents.set(document.id, document);
      return Response.json(given);
    },
    stop: async () => {},
  };
}

/** It is told where the model is. */
const toldWhere: CreateTarget = ({ environment }) =>
  createService(environment['OPENAI_BASE_URL'] ?? '', environment['OPENAI_API_KEY'] ?? '');

/** It knows the vendor's own address only: Mock Service Worker leads to the fakes what goes there. */
const throughMsw: CreateTarget = (world) => {
  const server = setupServer(...handlers(world));
  server.listen({ onUnhandledRequest: 'error' });
  const made = createService('https://api.openai.com/v1', 'a key');
  return { ...made, stop: async () => server.close() };
};

export const service: TargetConfig = {
  name: 'small service',
  start: { kind: 'command', command: ['node', 'serve.js'] },
  inProcess: async () => toldWhere,
  ready: { path: '/health' },
  operations: {
    ask: {
      request: (question) => ({ method: 'POST', path: '/ask', body: { question } }),
      read: ({ name, data }) => {
        if (name === 'token') return { kind: 'token', text: (JSON.parse(data) as { text: string }).text };
        if (name !== 'done') return { kind: 'other' };
        return { kind: 'done', citations: (JSON.parse(data) as { citations: string[] }).citations, degraded: false };
      },
    },
    ingest: {
      request: (documents) => ({
        method: 'POST',
        path: '/documents',
        body: documents.map(({ id, version, text }) => ({ id, version, text })),
      }),
      acknowledged: (body) => body as Document[],
    },
    stored: { kind: 'http', request: { method: 'GET', path: '/documents' }, read: (body) => body as Document[] },
  },
};

export const serviceThroughMsw: TargetConfig = { ...service, inProcess: async () => throughMsw };
