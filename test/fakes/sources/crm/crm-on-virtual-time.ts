import { createPart } from '../../../../fakes/sources/crm/create-part.ts';
import type { JsonObject, JsonValue } from '../../../../harness/kit/json.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import type { HttpPart, JournalPage, PartFaultReceipt, SourceState } from '../../../../harness/world/types.ts';

export interface ExportBody {
  readonly tickets: readonly { readonly id: number; readonly comment_count: number; readonly subject: string }[];
  readonly after_cursor: string;
  readonly after_url: string;
  readonly end_of_stream: boolean;
}

export interface CommentsBody {
  readonly comments: readonly { readonly id: number; readonly plain_body: string }[];
  readonly count: number;
}

/** A CRM on a clock of its own, as a test drives it. */
export interface CrmOnVirtualTime {
  readonly clock: VirtualClock;
  readonly part: HttpPart;
  /** Calls the API with a token and waits, in virtual time, for the answer. */
  get(path: string, init?: RequestInit): Promise<Response>;
  admin(method: string, path: string, body?: JsonValue): Promise<Response>;
  inject(id: string, kind: string, settings: JsonObject, leaseMs?: number): Promise<Response>;
  /** In the order of arrival. */
  journal(): Promise<JournalPage['calls']>;
  receipts(): Promise<readonly PartFaultReceipt[]>;
  state(): Promise<SourceState['items']>;
}

export const origin = 'http://crm.test';
/** A moment with fractions of a second, as a run begins at one. */
export const startMs = 1_790_000_000_123.25;

export async function crmOnVirtualTime(settings: JsonObject = {}, seed = 7): Promise<CrmOnVirtualTime> {
  const clock = new VirtualClock(startMs);
  const part = await createPart({
    name: 'crm',
    settings: { quotaPerSecond: 40, changesPerSecond: 20, ...settings },
    corpus: { module: '', documents: 1 },
    seed,
    clock,
    random: seededRandom(seed),
  });
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    clock.run(
      Promise.resolve(
        part.fetch(new Request(origin + path, { headers: { authorization: 'Bearer gameday-not-a-token' }, ...init })),
      ),
    );
  const admin = async (method: string, path: string, body?: JsonValue): Promise<Response> =>
    part.fetch(
      new Request(`${origin}/_gameday${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const read = async <T>(path: string): Promise<T> => (await (await admin('GET', path)).json()) as T;
  return {
    clock,
    part,
    get,
    admin,
    inject: (id, kind, faultSettings, leaseMs = 600_000) =>
      admin('PUT', `/faults/${id}`, { kind, settings: faultSettings, leaseMs }),
    journal: async () =>
      [...(await read<JournalPage>('/journal?after=0')).calls].sort((left, right) => left.number - right.number),
    receipts: () => read<readonly PartFaultReceipt[]>('/faults'),
    state: async () => (await read<SourceState>('/state')).items,
  };
}

/** A CRM whose feed has run for a while. */
export async function startedCrm(settings: JsonObject = {}, forMs = 30_000): Promise<CrmOnVirtualTime> {
  const crm = await crmOnVirtualTime(settings);
  await crm.admin('POST', '/start', { originMs: startMs });
  await crm.clock.advance(forMs);
  return crm;
}

export const exportFrom = (query: string): string => `/api/v2/incremental/tickets/cursor?${query}`;
export const fromStart = exportFrom(`start_time=${Math.floor(startMs / 1000)}`);
