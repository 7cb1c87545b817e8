import { setupServer } from 'msw/node';
import { afterEach, expect, it } from 'vitest';
import { handlers } from '../../fakes/msw.ts';

const sent: RequestInit[] = [];
const link = (_: unknown, init: RequestInit = {}): Promise<Response> => {
  sent.push(init);
  return Promise.resolve(new Response('taken'));
};
const server = setupServer(...handlers({ environment: { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }, fetch: link }));

afterEach(() => {
  server.close();
  sent.length = 0;
});

/** The body and its type, as the link has them. */
async function forwarded(init: RequestInit): Promise<[unknown, string | null]> {
  server.listen({ onUnhandledRequest: 'error' });
  const response = await fetch('https://api.openai.com/v1/files', { method: 'POST', ...init });
  expect(await response.text()).toBe('taken');
  const [{ body, headers } = {}] = sent;
  return [body, new Headers(headers).get('content-type')];
}

it('forwards bytes as they are', async () => {
  const bytes = Buffer.from([0x89, 0x50, 0xff, 0x00, 0xc3, 0x28]);
  const headers = { 'content-type': 'image/png' };
  expect(await forwarded({ body: bytes, headers })).toEqual([bytes, 'image/png']);
});

it('forwards a text as a text, with every byte of it', async () => {
  const body = '\u{feff}{"of":"grüße"}';
  const headers = { 'content-type': 'application/json' };
  expect(await forwarded({ body, headers })).toEqual([body, 'application/json']);
});

it('forwards bytes that nobody has named a type of without one', async () => {
  expect(await forwarded({ body: Buffer.from('text') })).toEqual([Buffer.from('text'), null]);
});
