import { setupServer } from 'msw/node';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/kit/clock.ts';
import { modelServerHandlers } from '../../../fakes/models/msw.ts';
import { messages, setUpModelServer } from './set-up-model-server.ts';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(() => server.close());

describe('modelServerHandlers', () => {
  it.each(['https://api.openai.com/v1', 'http://gateway.test/team/llm/v1/'])(
    "answers somebody's own client at %s, streamed and plain",
    async (baseURL) => {
      const { part, calls } = await setUpModelServer(systemClock(), {
        engine: { weightReadMs: 0.1, stepOverheadMs: 0 },
      });
      server.resetHandlers(...modelServerHandlers(part, baseURL));
      const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
      const streamed = await client.chat.completions.stream({ model: 'gpt-4o-mini', messages }).finalContent();
      const embedded = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' });
      expect(streamed).toContain('KX-39427. [ticket-12]');
      expect(embedded.data[0]?.embedding).toHaveLength(96);
      expect((await calls()).map((call) => call.outcome)).toEqual(['ok', 'ok']);
    },
  );
});
