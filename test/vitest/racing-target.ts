import type { TargetConfig } from '../../harness/index.ts';
import type { CreateTarget } from '../../harness/world/types.ts';
import { smallTarget } from '../run/small-world.ts';

/**
 * A target with a race: of two timers for the same time the first writes what the second reads, which holds only as long as timers for one
 * time fire in the order in which they were set. It says so when it lost.
 */
export function racingTarget(): TargetConfig {
  return { ...smallTarget(), name: 'racing target', inProcess: () => Promise.resolve(createTarget) };
}

const createTarget: CreateTarget = ({ clock, environment, fetch }) => {
  const documents = new Map<string, { id: string; version: number }>();
  const answer = async (): Promise<Response> => {
    // It uses its model, so that the link carries something.
    await fetch(`${environment['OPENAI_BASE_URL'] ?? ''}/models`).then((models) => models.text());
    let cached: string | undefined;
    const written = clock.sleep(20).then(() => (cached = 'an answer'));
    const seen = await clock.sleep(20).then(() => cached);
    await written;
    if (seen === undefined) return new Response('the cache is empty', { status: 500 });
    const text = `event: token\ndata: "${seen}"\n\nevent: done\ndata: {}\n\n`;
    return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
  };
  return {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/health') return new Response('ok');
      if (pathname === '/list') return Response.json({ documents: [...documents.values()] });
      if (pathname !== '/documents') return answer();
      const { documents: stored } = (await request.json()) as { documents: { id: string; version: number }[] };
      for (const document of stored) documents.set(document.id, document);
      return Response.json({ stored });
    },
    stop: () => Promise.resolve(),
  };
};
