import type { CreatePart, HttpPart } from '../../../harness/world/types.ts';
import { hashText } from '../../models/words.ts';
import { createJournal } from '../../part/journal.ts';
import { createPartAdmin, withAdmin } from '../../part/part-handler.ts';
import { answerCall, unavailable, type Answer } from './answer-call.ts';
import type { Collections } from './collections.ts';
import { createQdrantFaults } from './qdrant-faults.ts';
import { routeOf } from './routes.ts';
import { QdrantSettings } from './settings.ts';

/**
 * A vector store after Qdrant's REST API (https://api.qdrant.tech/): collections of one unnamed vector, or of payloads only, in memory;
 * Cosine and Dot; exact search. `state` gives `{ collections: { name: points } }`.
 *
 * Not as with Qdrant: updates take effect at once, also without `wait=true`; a field of a body that this fake does not know is refused and
 * not skipped; any API key is taken. A caller who hangs up while a write is worked on does not undo it.
 */
export const createPart: CreatePart = (context) => {
  const { latencyMs } = QdrantSettings.parse(context.settings);
  const { clock } = context;
  const faults = createQdrantFaults(clock);
  const journal = createJournal(context.name, clock);
  const collections: Collections = new Map();

  const fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const { method } = request;
    const found = routeOf(method, url.pathname);
    const bodyText = found?.route.hasBody ? await request.text().catch(() => undefined) : '';
    const operation = found?.route.operation;
    const limit = found?.route.limit;
    const fromMs = clock.now();
    const call = journal.begin({
      method,
      path: url.pathname + url.search,
      operation: operation === undefined ? null : `${operation}/${hashText(bodyText ?? '').toString(16)}`,
      ...(limit === undefined ? {} : { limit }),
      traceparent: request.headers.get('traceparent'),
    });
    const nobody = (): Response => {
      call.end({ status: null, outcome: 'aborted' });
      return new Response(null, { status: abandonedStatus });
    };
    if (bodyText === undefined) return nobody();

    const outage = faults.outage();
    const answer = outage ? unavailable(outage) : answerCall(collections, found, { method, url, bodyText });
    const slowness = outage ? undefined : faults.slowness();
    if (slowness) {
      slowness.counter.seen += 1;
      slowness.counter.altered += 1;
    }
    const workMs = outage ? 0 : latencyMs + (slowness?.addMs ?? 0);
    try {
      if (workMs > 0) await clock.sleep(workMs, request.signal);
    } catch {
      return nobody();
    }
    call.end({ ...answer.ending, fault: slowness?.counter.id ?? answer.ending.fault ?? null });
    return responseOf(answer, (clock.now() - fromMs) / 1000);
  };

  const sizes = (): Record<string, number> =>
    Object.fromEntries([...collections].map(([name, { count }]) => [name, count]));
  const admin = createPartAdmin({
    journal,
    faults: faults.partFaults,
    state: () => ({ collections: sizes() }),
  });
  return withAdmin({ fetch } satisfies HttpPart, admin);
};

/** Nobody reads it: the caller has hung up. */
const abandonedStatus = 499;

/** Every answer but those about the server says how long it took, in seconds. */
function responseOf({ body, headers, ending }: Answer, time: number): Response {
  const init = { status: ending.status ?? abandonedStatus, headers };
  if (typeof body === 'string') return new Response(body, init);
  return Response.json('status' in body ? { ...body, time } : body, init);
}
