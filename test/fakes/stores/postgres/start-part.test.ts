import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgres } from '../../../../fakes/stores/postgres/spec.ts';
import { systemClock } from '../../../../harness/kit/clock.ts';
import { withDeadline } from '../../../../harness/kit/deadline.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import type { StartPart, TcpPart } from '../../../../harness/world/types.ts';
import { startBench } from '../../../proxy/support.ts';

const clock = systemClock();
const spec = postgres();
let part: TcpPart;
let pool: Pool;

const urlOf = (port: number): string =>
  (spec.variables['DATABASE_URL'] ?? '').replace('{host}', '127.0.0.1').replace('{port}', String(port));

async function startStore(): Promise<TcpPart> {
  const { startPart } = (await import(spec.module)) as { startPart: StartPart };
  return startPart({
    name: spec.name,
    settings: spec.settings,
    corpus: { module: '', documents: 1 },
    seed: 1,
    clock,
    random: seededRandom(1),
  });
}

beforeAll(async () => {
  part = await startStore();
  pool = new Pool({ connectionString: urlOf(part.port), max: 4 });
});
afterAll(async () => {
  await pool.end();
  await part.stop();
});

/** A connection that is cut off as by a broken network, without saying goodbye. */
async function cutOff(use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(urlOf(part.port));
  client.on('error', () => undefined);
  await client.connect();
  await use(client);
  client.connection.stream.destroy();
}

const othersGetThrough = (): Promise<unknown> =>
  withDeadline(clock, pool.query('select 1'), { what: 'a query of another client', limitMs: 1000 });

describe('the embedded PostgreSQL', () => {
  it('finds the nearest vectors for several connections at once', async () => {
    await pool.query('create table passages (id text primary key, embedding vector(3))');
    await pool.query(
      "insert into passages values ('east', '[1,0,0]'), ('north', '[0,1,0]'), ('up', '[0,0,1]'), ('north-east', '[1,1,0]')",
    );
    const nearest = async (vector: number[]): Promise<unknown[]> => {
      const { rows } = await pool.query<{ id: string }>('select id from passages order by embedding <=> $1 limit 2', [
        JSON.stringify(vector),
      ]);
      return rows.map(({ id }) => id);
    };
    const found = await Promise.all([
      nearest([1, 0.1, 0]),
      nearest([0.1, 1, 0]),
      nearest([1, 0.9, 0]),
      nearest([0, 0.1, 1]),
    ]);
    expect(found.map(([first]) => first)).toEqual(['east', 'north', 'north-east', 'up']);
    expect(pool.totalCount).toBeGreaterThan(1);
  });

  it('keeps the queries of connections apart, also where they arrive in pieces', async () => {
    const relay = await relayInPieces(part.port);
    const slow = new Pool({ connectionString: urlOf((relay.address() as AddressInfo).port), max: 8 });
    const shapes: ((n: number) => [string, unknown[]])[] = [
      (n) => ['select $1::int as n, $2::text as other', [n, `text ${n}`]],
      (n) => ['select $1::int as n', [n]],
      (n) => ['select $1::int as n, $2::int as other, $3::int as another', [n, 1, 2]],
    ];
    const answers = await Promise.all(
      Array.from({ length: 90 }, async (_, n) => {
        const [text, values] = shapes[n % 3]?.(n) ?? ['', []];
        return (await slow.query<{ n: number }>(text, values)).rows[0]?.n;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 90 }, (_, n) => n));
    await slow.end();
    await new Promise((resolve) => relay.close(resolve));
  });

  it('rolls back and lets others in when a connection is lost in a transaction', async () => {
    await pool.query('create table kept (id int)');
    await cutOff(async (client) => {
      await client.query('begin');
      await client.query('insert into kept values (1)');
    });
    await othersGetThrough();
    expect((await pool.query('select * from kept')).rows).toEqual([]);
  });

  it('lets others in when a connection is lost while its transaction begins', async () => {
    await cutOff(async (client) => {
      client.query('begin').catch(() => undefined);
    });
    await othersGetThrough();
  });

  it('lets others in when a connection is lost in a query', async () => {
    await cutOff(async (client) => {
      client.query('begin; select count(*) from generate_series(1, 100000)').catch(() => undefined);
      await clock.sleep(5);
    });
    await othersGetThrough();
  });

  it('lets others in when a connection is lost in a batch that has failed and was never ended', async () => {
    await cutOff(async (client) => {
      // Parse of a statement with a mistake, without the Sync that ends a batch.
      const body = Buffer.from('\0selec 1\0\0\0', 'latin1');
      const header = Buffer.from([0x50, 0, 0, 0, body.length + 4]);
      client.connection.stream.write(Buffer.concat([header, body]));
      await clock.sleep(20);
    });
    await othersGetThrough();
    expect((await pool.query('select $1::int as n', [7])).rows).toEqual([{ n: 7 }]);
  });

  it('makes everyone wait for an open transaction, which is why a workload should keep its own short', async () => {
    const client = await pool.connect();
    await client.query('begin');
    let answered = false;
    const waiting = pool.query('select 1').then(() => (answered = true));
    await clock.sleep(50);
    expect(answered).toBe(false);
    await client.query('commit');
    client.release();
    await waiting;
  });

  it('tells how many connections it has', async () => {
    const client = new Client(urlOf(part.port));
    await client.connect();
    const response = await part.fetch(new Request('http://store/_gameday/state'));
    const { connections } = (await response.json()) as { connections: number };
    expect(connections).toBeGreaterThan(0);
    await client.end();
  });

  it('can do no fault to itself', async () => {
    const body = JSON.stringify({ kind: 'quota', settings: {}, leaseMs: 1000 });
    const response = await part.fetch(new Request('http://store/_gameday/faults/x', { method: 'PUT', body }));
    expect(response.status).toBe(400);
  });
});

describe('a fault on the link to the embedded PostgreSQL', () => {
  it.each([
    ['a black hole', 'timeout', { timeout: 0 }],
    ['a link that stands still', 'bandwidth', { rate: 0 }],
    ['a slow link', 'latency', { latency: 20_000 }],
    ['a reset', 'reset_peer', { timeout: 0 }],
  ])(
    'by %s holds nobody else up for a second, and leaves nothing of its transaction',
    async (_name, type, attributes) => {
      await using proxy = await startBench();
      const link = await proxy.proxy('store', `127.0.0.1:${part.port}`);
      await pool.query('drop table if exists held; create table held (id int)');
      const client = new Client(urlOf(link));
      const told = new Promise<Error>((resolve) => client.on('error', resolve));
      await client.connect();
      await client.query('begin');
      await proxy.toxic('store', { name: 'fault', type, attributes });
      client.query('insert into held values (1)').catch(() => undefined);
      await expect.poll(async () => (await proxy.receipt('store', 'fault'))['bytesAltered']).toBeGreaterThan(0);
      await othersGetThrough();
      expect((await pool.query('select * from held')).rows).toEqual([]);
      await proxy.call('DELETE', '/proxies/store/toxics/fault');
      await told;
    },
  );

  it('tells a client that stays silent in its transaction why it was put out, and lets it connect again', async () => {
    const client = new Client(urlOf(part.port));
    const told = new Promise<Error>((resolve) => client.once('error', resolve));
    await client.connect();
    client.on('error', () => undefined);
    await client.query('begin');
    await othersGetThrough();
    expect(await told).toMatchObject({ code: '25P03', severity: 'FATAL' });
    await expect(client.query('commit')).rejects.toThrow();
    const again = new Client(urlOf(part.port));
    await again.connect();
    expect((await again.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await again.end();
  });

  it('forgets the connection of a session that was put out', async () => {
    const connections = async (): Promise<number> => {
      const response = await part.fetch(new Request('http://store/_gameday/state'));
      return ((await response.json()) as { connections: number }).connections;
    };
    await othersGetThrough();
    const before = await connections();
    const client = new Client(urlOf(part.port));
    client.on('error', () => undefined);
    await client.connect();
    await client.query('begin');
    expect(await connections()).toBe(before + 1);
    await othersGetThrough();
    await expect.poll(connections).toBe(before);
  });
});

describe('stopping the embedded PostgreSQL', () => {
  it('closes its port and its connections, also with a transaction open, and may be done twice', async () => {
    const own = await startStore();
    const client = new Client(urlOf(own.port));
    const closed = new Promise<void>((resolve) => client.on('end', () => resolve()));
    client.on('error', () => undefined);
    await client.connect();
    await client.query('begin');
    await own.stop();
    await own.stop();
    await closed;
    await expect(new Client(urlOf(own.port)).connect()).rejects.toThrow('ECONNREFUSED');
  });
});

/** Hands the bytes of its clients on in pieces of 40, as a narrow link does. */
async function relayInPieces(port: number): Promise<Server> {
  const relay = createServer((client) => {
    const store = connect(port, '127.0.0.1').setNoDelay(true);
    store.pipe(client);
    let sending = Promise.resolve();
    client.on('data', (data) => {
      sending = sending.then(async () => {
        for (let from = 0; from < data.length; from += 40) {
          store.write(data.subarray(from, from + 40));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    });
    client.on('close', () => store.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', () => resolve()));
  return relay;
}
