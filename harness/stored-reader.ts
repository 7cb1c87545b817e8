import { Client } from 'pg';
import { seconds } from './kit/durations.ts';
import { fetchWithin, type Caller } from './kit/fetch-within.ts';
import type { Cleanup } from './kit/lifecycle.ts';
import type { LedgerReaders } from './observe/ledger-log.ts';
import type { StoredOperation, TargetConfig, TargetRequest } from './world/target.ts';

/** What is read past the fault proxy. */
interface Direct {
  /** The unproxied value of each variable. */
  readonly direct: Readonly<Record<string, string>>;
  readonly target: { readonly directUrl: string };
}

/** How to read what is stored in this world; undefined when the target's config does not say. */
export function storedReader(
  caller: Caller,
  target: TargetConfig,
  world: Direct,
  cleanup: Cleanup,
  onNote: (note: string) => void,
): LedgerReaders['stored'] {
  const { stored } = target.operations;
  const ways = stored === undefined ? [] : isList(stored) ? stored : [stored];
  const way = ways.find(({ variable }) => variable === undefined || world.direct[variable] !== undefined);
  if (!way) {
    const wanted = ways.flatMap(({ variable }) => variable ?? []);
    if (wanted.length > 0) onNote(`What is stored cannot be read: this world sets none of ${wanted.join(', ')}.`);
    return undefined;
  }
  const where = way.variable === undefined ? world.target.directUrl : (world.direct[way.variable] ?? '');
  if (way.kind === 'http') return async () => way.read(await readJson(caller, where, way.request));
  return sqlReader(where, way.query, cleanup);
}

/** One connection for the whole run, past the proxy: what is counted does not depend on the faults. */
function sqlReader(connectionString: string, text: string, cleanup: Cleanup): NonNullable<LedgerReaders['stored']> {
  let connecting: Promise<Client> | undefined;
  const connect = async (): Promise<Client> => {
    const client = new Client({ connectionString, connectionTimeoutMillis: 3000, query_timeout: 5000 });
    client.on('error', () => (connecting = undefined));
    // One that could not be opened has something to close, too.
    cleanup.add('a connection to the store', () => client.end().catch(() => undefined));
    await client.connect();
    return client;
  };
  return async () => {
    const client = await (connecting ??= connect().catch((cause: unknown) => {
      connecting = undefined;
      throw cause;
    }));
    const { rows } = await client.query<{ id: string; version: number | string }>(text);
    return rows.map((row) => ({ id: row.id, version: Number(row.version) }));
  };
}

/** Sends a request and gives the JSON of its answer. */
export function readJson(
  caller: Caller,
  baseUrl: string,
  { method, path, headers, body }: TargetRequest,
): Promise<unknown> {
  const init = {
    ...{ method, limitMs: seconds(5) },
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return fetchWithin(caller, new URL(path, baseUrl), init, (response) => {
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}`);
    return response.json();
  });
}

function isList(stored: StoredOperation | readonly StoredOperation[]): stored is readonly StoredOperation[] {
  return Array.isArray(stored);
}
