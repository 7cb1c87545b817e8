import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GamedayError } from '../../harness/kit/errors.ts';
import { processState } from '../../harness/safety/process-identity.ts';
import { readUndoEntries } from '../../harness/safety/undo-entries.ts';
import { startLocalWorld, type LocalWorldOptions } from '../../harness/world/local-world.ts';
import type { World } from '../../harness/world/running-world.ts';
import { httpPart, plainTarget, tcpPart, temporaryFolder, worldOptions } from './support/test-world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let worlds: World[];
beforeEach(() => {
  folder = temporaryFolder();
  worlds = [];
});
afterEach(async () => {
  await Promise.all(worlds.map((world) => world.stop()));
  expect(folder.undoJournals()).toEqual([]);
  folder.remove();
});

async function start(more: Partial<LocalWorldOptions> = {}): Promise<World> {
  const world = await startLocalWorld(worldOptions(folder.path, more));
  worlds.push(world);
  return world;
}

async function failure(more: Partial<LocalWorldOptions>): Promise<GamedayError> {
  const result = await start(more).catch((cause: unknown) => cause);
  if (result instanceof GamedayError) return result;
  throw new Error(`It should have failed with a GamedayError: ${String(result)}`);
}

const getJson = async (url: string): Promise<unknown> => (await fetch(url)).json();
const undoFile = (path = folder.path): string => join(path, 'undo', 'run-1.jsonl');
const recordedPids = (): readonly number[] =>
  readUndoEntries(readFileSync(undoFile(), 'utf8')).processes.map(({ pid }) => pid);
const living = async (pids: readonly number[]): Promise<readonly number[]> => {
  const states = await Promise.all(pids.map(processState));
  return pids.filter((_pid, index) => states[index]?.kind !== 'gone');
};

describe('a local world', () => {
  // One for all that leaves it as it was.
  const shared = temporaryFolder();
  let world: World;
  beforeAll(async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-real-key').stubEnv('COMPANY_TOKEN', 'real-token');
    const target = plainTarget('good', { rename: { STORE: 'MY_STORE' } });
    world = await startLocalWorld(worldOptions(shared.path, { target, defect: 'A2', otlpUrl: 'http://127.0.0.1:9' }));
  });
  afterAll(async () => {
    await world.stop();
    expect(shared.undoJournals()).toEqual([]);
    shared.remove();
    vi.unstubAllEnvs();
  });

  it('lets load reach the target, and the target its parts, through the fault proxy only', async () => {
    expect(await getJson(`${world.target.baseUrl}/hello`)).toEqual({ path: '/hello' });
    expect(await getJson(`${world.target.baseUrl}/crm`)).toMatchObject({ name: 'crm', seed: 7 });
    const traffic = await Promise.all(world.links.map((link) => link.traffic()));
    expect(traffic.map(({ name, from, to, variables }) => ({ name, from, to, variables }))).toEqual([
      { name: 'crm', from: 'target', to: 'crm', variables: ['CRM_BASE_URL'] },
      { name: 'store', from: 'target', to: 'store', variables: ['STORE'] },
      { name: 'target', from: 'conductor', to: 'target', variables: [] },
    ]);
    expect(traffic[0]?.bytesFromPart).toBeGreaterThan(0);
    expect(traffic[1]?.connections).toBe(0);
    expect(traffic[2]?.connections).toBeGreaterThan(0);
    await world.link('crm').setEnabled(false);
    expect((await fetch(`${world.target.baseUrl}/crm`).catch(() => ({ ok: false }))).ok).toBe(false);
    await world.link('crm').setEnabled(true);
  });

  it('gives the harness ways past the proxy', async () => {
    expect(await getJson(world.direct['CRM_BASE_URL'] ?? '')).toMatchObject({ name: 'crm' });
    expect(world.direct['MY_STORE']).toBe(world.direct['STORE']);
    const [host, port] = world.direct['STORE']?.split(':') ?? [];
    const said = await new Promise((resolve) =>
      connect(Number(port), host).on('data', (data) => resolve(String(data))),
    );
    expect(said).toBe('store');
    const environment = (await getJson(`${world.target.directUrl}/env`)) as Record<string, string>;
    expect(environment['MY_STORE']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(environment['MY_STORE']).not.toBe(world.direct['STORE']);
  });

  it("keeps the person's keys from the target and from every part", async () => {
    const text = await (await fetch(`${world.target.baseUrl}/env`)).text();
    expect(await (await fetch(`${world.target.baseUrl}/crm`)).text()).not.toContain('real');
    expect(text).not.toContain('real');
    expect(JSON.parse(text)).toMatchObject({ GAMEDAY_DEFECT: 'A2', OPENAI_API_KEY: 'gameday-dummy-key' });
  });

  it('notes each fault before it is there, heals all of them at once, and forgets them then', async () => {
    const faults = () => readUndoEntries(readFileSync(undoFile(shared.path), 'utf8')).faults.map(({ name }) => name);
    const toxic = {
      name: 'slow',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 700 },
    } as const;
    await world.part('crm').admin('PUT', '/faults/quota', { kind: 'quota', settings: {}, leaseMs: 5000 });
    await world.link('crm').addToxic(toxic);
    await world.link('store').setEnabled(false);
    expect(faults()).toEqual(['crm/quota', 'link crm/slow', 'link store/disabled']);
    const fromMs = performance.now();
    await world.healAll();
    expect(performance.now() - fromMs).toBeLessThan(1000);
    expect(faults()).toEqual([]);
    expect(await world.part('crm').admin('GET', '/faults')).toMatchObject([
      { id: 'quota', activeToMs: expect.any(Number) as number },
    ]);
    const askedMs = performance.now();
    await getJson(`${world.target.baseUrl}/crm`);
    expect(performance.now() - askedMs).toBeLessThan(600);
  });

  it("says a part's own words when it refuses, and does not note what was refused", async () => {
    const injecting = world.part('crm').admin('PUT', '/faults/x', { kind: 'unknown', settings: {}, leaseMs: 1 });
    await expect(injecting).rejects.toThrow('crm answered 400 to PUT /faults/x: There is no fault "unknown" here.');
    const toxic = { name: 'odd', type: 'no-such-type', stream: 'downstream', toxicity: 1, attributes: {} } as const;
    await expect(world.link('crm').addToxic(toxic)).rejects.toThrow('invalid toxic type');
    expect(readUndoEntries(readFileSync(undoFile(shared.path), 'utf8')).faults).toEqual([]);
    expect(() => world.part('cmr')).toThrow('There is no part "cmr" in this world; there are: crm, store.');
  });
});

describe('startLocalWorld', () => {
  it('stops everything within a second, also a target that does not heed SIGTERM, and can be stopped twice', async () => {
    const world = await start({ target: plainTarget('deaf') });
    const pids = recordedPids();
    expect(pids).toHaveLength(5); // the proxy, two parts, the target and its holder
    expect(await living(pids)).toEqual(pids);
    const fromMs = performance.now();
    await world.stop();
    expect(performance.now() - fromMs).toBeLessThan(1000);
    expect(await living(pids)).toEqual([]);
    await world.stop();
    expect(world.processes().map(({ died }) => died)).toEqual([null, null, null, null]);
  });

  it('ends a target whose holder is killed by somebody, and says so', async () => {
    const world = await start({ parts: [] });
    const { processes } = readUndoEntries(readFileSync(undoFile(), 'utf8'));
    const pidOf = (name: string): number => processes.find((entry) => entry.name === name)?.pid ?? 0;
    process.kill(pidOf('target'), 'SIGKILL');
    await expect.poll(() => world.target.died()?.how).toBe('was ended by SIGKILL');
    await expect.poll(() => living([pidOf('target command')])).toEqual([]);
  });

  it('stops what a target has started itself, and does not take a stop for a death', async () => {
    const world = await start({ target: plainTarget('family') });
    const output = readFileSync(join(folder.path, 'run-1', 'output', 'target.log'), 'utf8');
    const child = Number(/child (\d+)/.exec(output)?.[1]);
    expect(await living([child])).toEqual([child]);
    await world.stop();
    expect(await living([child])).toEqual([]);
    expect(world.target.died()).toBeNull();
    expect(world.processes().filter(({ died }) => died !== null)).toEqual([]);
  });

  it('lets two worlds run at once that do not touch each other', async () => {
    const second = { runId: 'run-2', runFolder: join(folder.path, 'run-2'), seed: 8 };
    const [one, two] = await Promise.all([start(), start(second)]);
    await one.link('crm').setEnabled(false);
    expect(await getJson(`${two.target.baseUrl}/crm`)).toMatchObject({ seed: 8 });
    await one.stop();
    expect(await getJson(`${two.target.baseUrl}/crm`)).toMatchObject({ seed: 8 });
  });

  it('renews the leases of the proxy and of every part that has not died', async () => {
    const world = await start({ parts: [httpPart('crm'), httpPart('wiki')], leaseMs: 3000 });
    await world.renewLeases();
    expect(await world.part('crm').admin('GET', '/state')).toMatchObject({ renewals: [3000] });
    await fetch(`${world.direct['CRM_BASE_URL'] ?? ''}/die`).catch(() => undefined);
    await expect.poll(() => world.processes().find(({ name }) => name === 'crm')?.died).toBe('exited with code 7');
    await world.renewLeases();
    expect(await world.part('wiki').admin('GET', '/state')).toMatchObject({ renewals: [3000, 3000] });
    await world.healAll();
  });

  it('notices a target that dies in the middle, and goes on', async () => {
    const world = await start({ parts: [httpPart('crm')] });
    expect(world.target.died()).toBeNull();
    await fetch(`${world.target.baseUrl}/die`).catch(() => undefined);
    await expect.poll(() => world.target.died()?.how).toBe('exited with code 9');
    expect(Math.abs((world.target.died()?.atMs ?? 0) - Date.now())).toBeLessThan(3000);
    expect(world.processes().find(({ name }) => name === 'target')).toMatchObject({
      output: join('output', 'target.log'),
      died: 'exited with code 9',
    });
    await world.renewLeases();
  });

  it('uses a target that is running already, and leaves it running', async () => {
    const server = createServer((_request, response) => response.end('"here already"')).listen(0, '127.0.0.1');
    const { port } = await new Promise<AddressInfo>((resolve) =>
      server.once('listening', () => resolve(server.address() as AddressInfo)),
    );
    const world = await start({
      parts: [],
      target: plainTarget('', { start: { kind: 'url', url: `http://localhost:${port}` } }),
    });
    expect(await getJson(world.target.baseUrl)).toBe('here already');
    expect(world.target.died()).toBeNull();
    await world.stop();
    expect(await getJson(`http://127.0.0.1:${port}`)).toBe('here already');
    server.closeAllConnections();
    server.close();
  });
});

describe('a world that cannot start', () => {
  // Where nothing is said of parts there are none, and so there is less to start.
  // Nothing may be left of it: afterEach finds an undo journal that was not closed, and a closed one says that every process has ended.

  it('shows the last lines of a target that never gets ready', async () => {
    const error = await failure({ target: plainTarget('unready', { ready: { path: '/ready', withinMs: 600 } }) });
    expect(error.code).toBe('target-not-ready');
    expect(error.message).toBe(
      'The target plain did not start: Waited for GET /ready to be answered 200: not seen after 600 ms (the last answer was 503).',
    );
    expect(error.problems.slice(2)).toEqual(Array.from({ length: 15 }, (_, index) => `  line ${index + 6}`));
    expect(error.hint).toContain('target.log');
  });

  it('tells a target that lives and does not listen where it has to', async () => {
    const error = await failure({
      parts: [],
      target: plainTarget('elsewhere', { ready: { path: '/ready', withinMs: 600 } }),
    });
    expect(error.message).toMatch(
      /ECONNREFUSED 127\.0\.0\.1:\d+.*A target has to listen on 127\.0\.0\.1, on the port in the variable PORT/,
    );
  });

  it('notices early that a target has ended, and shows why', async () => {
    const fromMs = performance.now();
    const error = await failure({ parts: [], target: plainTarget('exits') });
    expect(performance.now() - fromMs).toBeLessThan(8000);
    expect(error.message).toBe('The target plain did not start: it exited with code 3 before it was ready');
    expect(error.problems.at(-1)).toContain('Fatal: no such model');
  });

  it('says that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const TAKEN = String((server.address() as AddressInfo).port);
    const { start: plain } = plainTarget('taken');
    if (plain.kind !== 'command') throw new Error('a command was expected');
    const error = await failure({
      parts: [],
      target: plainTarget('taken', { start: { ...plain, environment: { TAKEN } } }),
    });
    server.close();
    expect(error.message).toContain('the port that it listens on is taken');
  });

  it('says which part failed, and stops the others', async () => {
    const error = await failure({ parts: [httpPart('crm', { broken: true }), httpPart('wiki')] });
    expect(error.code).toBe('part-not-ready');
    expect(error.message).toContain('crm did not start');
    expect(error.problems.join('\n')).toContain('this part is broken on purpose');
  });

  it.each([
    ['http://example.com', 'refused-target'],
    ['http://127.0.0.1.evil.com', 'refused-target'],
  ])('refuses the target %s before anything starts', async (url, code) => {
    const error = await failure({ target: plainTarget('', { start: { kind: 'url', url } }) });
    expect(error.code).toBe(code);
    expect(() => readFileSync(undoFile())).toThrow('ENOENT');
  });

  it('lists every part that cannot be named as it is', async () => {
    const error = await failure({ parts: [httpPart('crm'), httpPart('crm'), httpPart('target'), httpPart('../x')] });
    expect(error.code).toBe('bad-config');
    expect(error.problems).toHaveLength(3);
  });

  it.each([
    [['no-such-program-here'], 'no-such-program-here ENOENT'],
    [[], 'is empty'],
  ])('says what is wrong with the command %j', async (command, message) => {
    const error = await failure({ parts: [], target: plainTarget('', { start: { kind: 'command', command } }) });
    expect(error.message).toContain(message);
  });

  it('says that the folder of the target does not exist', async () => {
    const command = [process.execPath, '-v'];
    const error = await failure({
      parts: [],
      target: plainTarget('', { start: { kind: 'command', command, folder: '/no/such' } }),
    });
    expect(error.message).toContain('/no/such');
  });

  it('gives up when the person does, wherever it is', async () => {
    for (const afterMs of [0, 100, 300, 600]) {
      const giveUp = new AbortController();
      const reason = new GamedayError('interrupted', 'SIGINT');
      const starting = failure({
        ...{ runId: `run-${afterMs}`, target: plainTarget('unready'), signal: giveUp.signal },
        parts: [httpPart('crm'), tcpPart('store')],
      });
      setTimeout(() => giveUp.abort(reason), afterMs);
      expect(await starting).toBe(reason);
      expect(folder.undoJournals()).toEqual([]);
    }
  });
});
