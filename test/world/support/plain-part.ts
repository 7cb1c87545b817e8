import { adminPath, type CreatePart } from '../../../harness/world/types.ts';

interface Fault {
  id: string;
  kind: string;
  activeFromMs: number;
  activeToMs: number | null;
}

/** A part for tests: says who it is, holds requests open, notices hang-ups, and keeps faults in its memory. */
export const createPart: CreatePart = ({ name, settings, seed, clock, random }) => {
  if (settings['broken'] === true) throw new Error('this part is broken on purpose');
  const faults = new Map<string, Fault>();
  const hangUps: string[] = [];
  const renewals: number[] = [];
  const json = (body: unknown, status = 200): Response => Response.json(body, { status });

  const admin = async (request: Request, path: string): Promise<Response> => {
    const id = /^\/faults\/(.+)$/.exec(path)?.[1];
    if (id !== undefined && request.method === 'PUT') {
      const { kind } = (await request.json()) as { kind: string };
      if (kind === 'unknown') return json({ problems: ['There is no fault "unknown" here.'] }, 400);
      faults.set(id, { id, kind, activeFromMs: clock.now(), activeToMs: null });
      return json({});
    }
    if (id !== undefined) {
      const fault = faults.get(id);
      if (fault) fault.activeToMs ??= clock.now();
      return json(fault ?? {});
    }
    if (path === '/faults') return json([...faults.values()]);
    if (path === '/renew') {
      renewals.push(((await request.json()) as { leaseMs: number }).leaseMs);
      return json({ active: [] });
    }
    if (path === '/state') return json({ hangUps, renewals });
    return json({ problems: [`nothing at ${path}`] }, 404);
  };

  const hang = (request: Request, why: string): void =>
    request.signal.addEventListener('abort', () => hangUps.push(why));

  return {
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith(adminPath)) return admin(request, pathname.slice(adminPath.length));
      if (pathname === '/silent') {
        hang(request, 'before the answer');
        return new Promise(() => undefined);
      }
      if (pathname === '/stream') {
        hang(request, 'in the stream');
        return new Response(
          new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('first')) }),
        );
      }
      if (pathname === '/die') process.exit(7);
      if (pathname === '/busy') for (;;);
      return json({ name, seed, draw: random.next(), environment: process.env });
    },
  };
};
