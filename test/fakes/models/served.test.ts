import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/kit/clock.ts';
import { messages, setUpModelServer, type ModelServerSetUp } from './set-up-model-server.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function listen(setUp: ModelServerSetUp): Promise<OpenAI> {
  const server = serve({ fetch: (request) => setUp.part.fetch(request), port: 0, hostname: '127.0.0.1' });
  closing.push(() => server.close());
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
}

describe('a model server on a port', () => {
  it('keeps the pace of its schedule in real time', async () => {
    const setUp = await setUpModelServer(systemClock(), { answerTokens: 60 });
    const client = await listen(setUp);
    await client.chat.completions.stream({ model: 'm', messages }).finalContent();
    const [call] = await setUp.calls();
    expect(call?.figures['timePerOutputTokenMs']).toBeCloseTo(7.33, 1);
    expect((call?.endedMs ?? NaN) - (call?.receivedMs ?? NaN)).toBeLessThan(3000);
  });

  it('notices a client that hangs up, before and in the middle of a stream', async () => {
    const setUp = await setUpModelServer(systemClock(), { answerTokens: 2000 });
    const client = await listen(setUp);
    const controller = new AbortController();
    const plain = client.chat.completions.create({ model: 'm', messages }, { signal: controller.signal });
    const refused = plain.catch((cause: unknown) => cause);
    const stream = await client.chat.completions.create({ model: 'm', messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    controller.abort();
    expect(await refused).toBeInstanceOf(OpenAI.APIUserAbortError);
    await expect.poll(() => setUp.state(), { timeout: 5000 }).toMatchObject({ running: 0, kvBlocksUsed: 0 });
    expect((await setUp.calls()).map((call) => call.outcome)).toEqual(['aborted', 'aborted']);
  });
});
