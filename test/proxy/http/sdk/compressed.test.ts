import OpenAI from 'openai';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, createGzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answer, openaiService, serve, type Dress } from './servers.ts';
import { came, faulted, type Came, type Faulted, type Toxic } from './support.ts';

/** Compresses each event by itself, so that it arrives when it was sent. */
function gzipped(_incoming: IncomingMessage, response: ServerResponse): NodeJS.WritableStream {
  response.setHeader('content-encoding', 'gzip');
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  gzip.pipe(response);
  return gzip;
}

/** A service that compresses for who asks for it, as servers behind gateways do; and what each request asked for. */
function compressing(): { dress: Dress; accepted: (string | undefined)[] } {
  const accepted: (string | undefined)[] = [];
  const dress: Dress = (incoming, response) => {
    const accepts = incoming.headers['accept-encoding'];
    accepted.push(String(accepts));
    return /\bgzip\b/.test(String(accepts)) ? gzipped(incoming, response) : response;
  };
  return { dress, accepted };
}

/** A stream of OpenAI's client, which asks for gzip as every `fetch` of Node does, and the coding that it came in. */
async function iterate({ url }: Faulted): Promise<{ seen: Came; coding: string | null }> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key', logLevel: 'off', maxRetries: 0 });
  let coding: string | null = null;
  const seen = await came(async (so) => {
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const asked = openai.chat.completions.create({ model: 'gpt-test', messages, stream: true });
    const { data, response } = await asked.withResponse();
    coding = response.headers.get('content-encoding');
    for await (const chunk of data) so.text += chunk.choices[0]?.delta.content ?? '';
  });
  return { seen, coding };
}

const cut = (attributes: Toxic['attributes'] = {}): Toxic => ({
  type: 'stream_cut',
  attributes: { events: 1, how: 'end', ...attributes },
});

describe('a stream that its server would compress', () => {
  it('comes as it is where a fault looks into it, so that the fault is done', async () => {
    const { dress, accepted } = compressing();
    await using service = await faulted(serve(openaiService, dress), cut());
    expect(await iterate(service)).toMatchObject({ seen: { text: 'Good', error: null }, coding: null });
    expect(accepted).toEqual(['identity']);
    expect(await service.requests()).toEqual({ seen: 1, altered: 1 });
  });

  it('stays compressed for requests that no such fault was chosen for', async () => {
    const { dress, accepted } = compressing();
    await using service = await faulted(serve(openaiService, dress), cut({ times: 1 }));
    await iterate(service);
    expect(await iterate(service)).toMatchObject({ seen: { text: answer, error: null }, coding: 'gzip' });
    expect(accepted).toEqual(['identity', expect.stringContaining('gzip')]);
  });

  it('stays compressed for faults that count bytes', async () => {
    const { dress } = compressing();
    await using service = await faulted(serve(openaiService, dress), {
      type: 'http_latency',
      attributes: { latency: 1 },
    });
    expect(await iterate(service)).toMatchObject({ seen: { text: answer }, coding: 'gzip' });
  });

  it('passes whole, and the receipt says so, where the server compresses for who does not ask', async () => {
    await using service = await faulted(serve(openaiService, gzipped), cut());
    expect(await iterate(service)).toMatchObject({ seen: { text: answer }, coding: 'gzip' });
    expect(await service.requests()).toEqual({ seen: 1, altered: 0 });
  });
});
