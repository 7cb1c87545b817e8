import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withLongFlags } from '../../harness/commands/proxy.ts';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { Bench, decidedBy, decidedBySeed, hasIpv6, startBench } from '../proxy/support.ts';
import { gameday, type Finished } from '../table/run-gameday.ts';
import { inThisProcess } from './support/in-this-process.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-proxy-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A file with proxies; its path. */
async function written(text: string, options: { mode?: number } = {}): Promise<string> {
  const file = join(folder, 'proxies.json');
  await writeFile(file, text, options);
  return file;
}

/** Something that runs a command line, and tells of what it writes. */
type Running = (
  parameters: readonly string[],
  options: { signal: AbortSignal; onOutput: (text: string) => void },
) => Promise<Finished>;

const inItsOwnProcess: Running = (parameters, options) => gameday(parameters, { folder, ...options });

/** Runs `gameday proxy` until `work` is done with its API, then ends it. */
async function withProxy(
  flags: readonly string[],
  work: (url: string) => Promise<void>,
  run: Running = inThisProcess,
): Promise<Finished> {
  const ending = new AbortController();
  let output = '';
  let done: Promise<void> | undefined;
  const finished = await run(['proxy', ...flags], {
    signal: ending.signal,
    onOutput: (text) => {
      output += text;
      const [, url] = /fault proxy: (http:\S+)/.exec(output) ?? [];
      if (url !== undefined) done ??= work(url).finally(() => ending.abort());
    },
  });
  await done;
  return finished;
}

/** What becomes of one that does not begin to serve. */
function ended(...flags: readonly string[]): Promise<Finished> {
  return inThisProcess(['proxy', ...flags]);
}

async function expectRefused(config: string, says: string | RegExp): Promise<void> {
  const { code, output } = await ended('--port', '0', '--config', config);
  expect(output).toContain(`The proxies of ${config} could not be made`);
  expect(output).toMatch(says);
  expect(code).toBe(64);
}

/** A metric of the process. */
const processTime = /^process_cpu_seconds_total \d/m;

describe('gameday proxy', () => {
  it('serves what toxiproxy-server does, with its flags, and ends in order when it is told to', async () => {
    const config = [{ name: 'store', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', enabled: true }];
    await written(JSON.stringify(config));
    let seen: unknown;
    let decided = '';
    const flags = ['-host', '127.0.0.1', '-port=0', '-config', 'proxies.json', '-seed', '7', '-proxy-metrics'];
    const use = async (url: string): Promise<void> => {
      const version = await (await fetch(`${url}/version`)).text();
      const proxies = (await (await fetch(`${url}/proxies`)).json()) as Record<string, unknown>;
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const counts = metrics.includes('toxiproxy_proxy_sent_bytes_total{');
      seen = { version, proxies: Object.keys(proxies), counts, tellsOfItself: processTime.test(metrics) };
      decided = await decidedBy(new Bench(url, new Cleanup()));
    };
    const { code, output } = await withProxy(flags, use, inItsOwnProcess);
    expect(seen).toEqual({
      version: '{"version": "2.12.0"}\n',
      proxies: ['store'],
      counts: true,
      tellsOfItself: false,
    });
    expect(output).toContain('seed 7');
    expect(code).toBe(0);
    // What is left to chance is decided by the seed that it was given.
    const [same, other] = await Promise.all([7, 8].map(decidedBySeed));
    expect(decided).toBe(same);
    expect(decided).not.toBe(other);
  });

  it('prints where it can be asked: an address with colons in brackets', async () => {
    let status = 0;
    // Where there is no IPv6 there is none with colons.
    const [host, shown] = hasIpv6 ? ['::1', '[::1]'] : ['127.0.0.1', '127.0.0.1'];
    const { output } = await withProxy(['-host', host, '-port', '0'], async (url) => {
      ({ status } = await fetch(`${url}/version`));
    });
    expect(output).toContain(`http://${shown}:`);
    expect(status).toBe(200);
  });

  it('is there on both kinds of address where it is told to be on all', async () => {
    const statuses: number[] = [];
    await withProxy(['-host', '0.0.0.0', '-port', '0'], async (url) => {
      const { port } = new URL(url);
      for (const host of hasIpv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'])
        statuses.push((await fetch(`http://${host}:${port}/version`)).status);
    });
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('shows with -runtime-metrics those of its process, and no others', async () => {
    let page = '';
    await withProxy(['-host', '127.0.0.1', '-port', '0', '-runtime-metrics'], async (url) => {
      page = await (await fetch(`${url}/metrics`)).text();
    });
    expect(page).toMatch(processTime);
    expect(page).not.toContain('toxiproxy_proxy_');
  });

  it.each([
    {
      text: '[{ "name": "store" }]',
      says: 'missing required field: upstream at proxy 1\nIt has to be an array of proxies',
    },
    { text: 'not JSON', says: /it is not JSON \(.*\)\nIt has to be an array of proxies/ },
    {
      text: '[{ "name": "store", "upstream": "a:1", "listen": "localhost" }]',
      says: '"store": listen tcp: address localhost: missing port in address\nWrite it with its port, as "localhost:8080".',
    },
    {
      text: '[{ "name": "store", "upstream": "a:1", "listen": "192.0.2.1:0" }]',
      says: 'cannot assign requested address\nThis machine has no such address.',
    },
  ])('does not start with a config that says $text', async ({ text, says }) => {
    await expectRefused(await written(text), says);
  });

  it('does not start with a config that names a port in use, and says which proxy wants it', async () => {
    await using other = await startBench();
    const { address } = await other.echo();
    const proxies = ['127.0.0.1:0', address].map((listen, index) => ({ name: `p${index}`, listen, upstream: 'a:1' }));
    const said = `"p1": listen tcp ${address}: bind: address already in use\nAnother program listens there`;
    await expectRefused(await written(JSON.stringify(proxies)), said);
  });

  it('does not start with a config that is not there, is a folder, or may not be read', async () => {
    const missing = join(folder, 'none.json');
    await expectRefused(relative(process.cwd(), missing), `There is no ${missing}`);
    await expectRefused('.', 'That is a folder');
    // Root may read everything.
    if (process.getuid?.() === 0) return;
    await expectRefused(await written('[]', { mode: 0 }), 'chmod u+r');
  });

  it('says what to do where its own port is taken, or is none', async () => {
    await using other = await startBench();
    const { port } = await other.echo();
    const taken = await ended('-host', '127.0.0.1', '-port', String(port));
    expect([taken.code, taken.output]).toEqual([64, expect.stringContaining('give another -port') as string]);
    const none = await ended('-port', '65536');
    expect([none.code, none.output]).toEqual([64, expect.stringContaining('from 0 to 65,535') as string]);
  });

  it('says which release of Toxiproxy it is in the place of, as toxiproxy-server does', async () => {
    const said = { code: 0, output: 'toxiproxy-server version 2.12.0\n' };
    expect(await ended('-version')).toEqual(said);
  });

  it('writes down as much as LOG_LEVEL asks for, and what is wrong with it', async () => {
    const config = await written('[{ "name": "store", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1" }]');
    const flags = ['-port', '0', '-host', '127.0.0.1', '-seed', '-9223372036854775808', '-config', config];
    const said = async (level: string): Promise<string> => {
      vi.stubEnv('LOG_LEVEL', level);
      const { output } = await withProxy(flags, async (url) =>
        expect((await fetch(`${url}/proxies`)).status).toBe(200),
      );
      return output;
    };
    expect(await said('debug')).toMatch(/info: proxy "store": listens on .*\n[^]*debug: GET http.*\/proxies: 200\n/);
    expect(await said('bogus')).toContain('error: unknown LOG_LEVEL value: "bogus"');
    expect(await said('error')).toMatch(/^fault proxy: http:\S+ .*, seed -9223372036854775808\n$/);
  });

  it('takes flags with one dash or two, and leaves values and other commands alone', () => {
    expect(withLongFlags(['proxy', '-port', '8474', '--seed=1', '-runtime-metrics', '-h'])).toEqual([
      ...['proxy', '--port', '8474', '--seed=1', '--runtime-metrics', '-h'],
    ]);
    expect(withLongFlags(['proxy', '-proxy-metrics=true', '-runtime-metrics=F', '-host=', '-seed', '-5'])).toEqual([
      ...['proxy', '--proxy-metrics', '--host=', '--seed', '-5'],
    ]);
    expect(withLongFlags(['run', '-seed'])).toEqual(['run', '-seed']);
    expect(() => withLongFlags(['proxy', '-proxy-metrics=maybe'])).toThrow('--proxy-metrics is on or off: "maybe" was given'); // prettier-ignore
  });
});
