import { Hono } from 'hono';
import type { HttpPart } from '../../harness/world/types.ts';
import { answerChat } from './chat-wire.ts';
import { answerEmbeddings } from './embeddings-wire.ts';
import { answerError, openCall, type ModelServer } from './model-call.ts';
import { unknownUrl } from './openai-errors.ts';

const known = [
  'POST /v1/embeddings',
  'POST /v1/chat/completions',
  'GET /v1/models',
  'GET /health',
  'GET /metrics',
] as const;

/** The OpenAI API as vLLM serves it, with its health and metrics pages. Anything else is an error that says what there is. */
export function createOpenAiWire(server: ModelServer): HttpPart {
  const app = new Hono();
  app.post('/v1/embeddings', (context) => answerEmbeddings(server, context.req.raw));
  app.post('/v1/chat/completions', (context) => answerChat(server, context.req.raw));
  app.get('/v1/models', (context) => page(server, context.req.raw, 200, modelsOf(server)));
  app.get('/health', (context) => page(server, context.req.raw, server.engine.state().dead ? 500 : 200, null));
  app.get('/metrics', async (context) => {
    const text = await server.metrics.page();
    return page(server, context.req.raw, 200, text, server.metrics.contentType);
  });
  app.notFound((context) => {
    const { method, path } = context.req;
    return answerError(openCall(server, context.req.raw, null), unknownUrl(method, path, known));
  });
  return { fetch: (request) => app.fetch(request) };
}

/** What is no work: listed, polled or scraped. */
function page(
  server: ModelServer,
  request: Request,
  status: number,
  body: string | null,
  contentType = 'application/json',
): Response {
  openCall(server, request, null).end({ status, outcome: status === 200 ? 'ok' : 'failed' });
  return new Response(body, { status, headers: body === null ? {} : { 'content-type': contentType } });
}

function modelsOf(server: ModelServer): string {
  const created = Math.floor(server.clock.now() / 1000);
  const data = server.settings.models.map((id) => ({
    id,
    object: 'model',
    created,
    owned_by: 'gameday',
    max_model_len: server.settings.engine.maxModelTokens,
  }));
  return JSON.stringify({ object: 'list', data });
}
