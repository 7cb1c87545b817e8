import { describe, expect, it } from 'vitest';
import { serve } from './servers.ts';
import { faulted, type Came } from './support.ts';

/** What the `fetch` of Node says of a body whose connection has ended. */
export const terminated = 'TypeError: terminated';

/** What the clients of OpenAI and Anthropic do alike, which are made by the same generator. */
export function likeGeneratedClients(
  name: string,
  service: Parameters<typeof serve>[0],
  ask: (url: string, settings: { maxRetries: number; timeout?: number }) => Promise<Came>,
): void {
  describe.concurrent(`the client of ${name}, as those made by the same generator,`, () => {
    it.each([
      ['closed in the middle', { type: 'http_cut', attributes: { bytes: 40 } }, terminated],
      ['closed before the first byte', { type: 'http_cut', attributes: { bytes: 0 } }, terminated],
      ['reset in the middle', { type: 'http_cut', attributes: { bytes: 40, how: 'reset' } }, terminated],
      ['shorter than it says', { type: 'http_length', attributes: { difference: 5 } }, terminated],
      ['ended in the middle', { type: 'http_cut', attributes: { bytes: 40, how: 'end' } }, /^SyntaxError: /],
      ['longer than it says', { type: 'http_length', attributes: { difference: -5 } }, /^SyntaxError: /],
    ] as const)(
      'takes a body %s for an error that is not its own, and does not retry it',
      async (_name, toxic, error) => {
        await using faulty = await faulted(serve(service), toxic);
        expect((await ask(faulty.url, { maxRetries: 2 })).error).toMatch(error);
        expect(await faulty.requests()).toEqual({ seen: 1, altered: 1 });
      },
    );

    it('gives up a head that comes later than its time-out, and retries', async () => {
      await using faulty = await faulted(serve(service), { type: 'http_latency', attributes: { latency: 5000 } });
      const seen = await ask(faulty.url, { timeout: 500, maxRetries: 1 });
      expect(seen).toMatchObject({ error: 'APIConnectionTimeoutError: Request timed out.' });
      expect(await faulty.requests()).toMatchObject({ seen: 2 });
    });

    it('retries a connection that is reset', async () => {
      await using faulty = await faulted(serve(service), { type: 'reset_peer' });
      const seen = await ask(faulty.url, { maxRetries: 1 });
      expect(seen).toMatchObject({ error: 'APIConnectionError: Connection error.' });
      expect(faulty.server.asked).toHaveLength(2);
    });
  });
}
