import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLongFlags } from '../../harness/commands/proxy.ts';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { Bench, decidedBy, decidedBySeed, startBench } from '../proxy/support.ts';
import { gameday, type Finished } from '../table/run-gameday.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-proxy-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs `gameday proxy` until `work` is done with its API, then ends it. */
async function withProxy(
  flags: readonly string[],
  work: (url: string) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const ending = new AbortController();
  let output = '';
  let done: Promise<void> | undefined;
  const finished = await gameday(['proxy', ...flags], {
    ...{ folder, signal: ending.signal, variables },
    onOutput: (text) => {
      output += text;
      const [, url] = /fault proxy: (http:\S+)/.exec(output) ?? [];
      if (url !== undefined) done ??= work(url).finally(() => ending.abort());
    },
  });
  await done;
  return finished;
}

async function expectRefused(config: string, says: string | RegExp): Promise<void> {
  const { code, output } = await gameday(['proxy', '--port', '0', '--config', config], { folder });
  expect(output).toContain(`The proxies of ${config} could not be made`);
  expect(output).toMatch(says);
  expect(code).toBe(64);
}

/** A metric of the process. */
const processTime = /^process_cpu_seconds_total \d/m;

describe('gameday proxy', () => {
  it('serves what toxiproxy-server does, with its flags, and ends in order when it is told to', async () => {
    const config = [{ name: 'store', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', enabled: true }];
    await writeFile(join(folder, 'proxies.json'), JSON.stringify(config));
    let seen: unknown;
    const flags = ['-host', '127.0.0.1', '-port=0', '-config', 'proxies.json', '-seed', '7', '-proxy-metrics'];
    const { code, output } = await withProxy(flags, async (url) => {
      const version = await (await fetch(`${url}/version`)).text();
      const proxies = (await (await fetch(`${url}/proxies`)).json()) as Record<string, unknown>;
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const counts = metrics.includes('toxiproxy_proxy_sent_bytes_total{');
      seen = { version, proxies: Object.keys(proxies), counts, tellsOfItself: processTime.test(metrics) };
    });
    expect(seen).toEqual({
      version: '{"version": "2.12.0"}\n',
      proxies: ['store'],
      counts: true,
      tellsOfItself: false,
    });
    expect(output).toContain('seed 7');
    expect(code).toBe(0);
  });

  it('decides what is left to chance by the seed that it is given', async () => {
    const [same, other] = await Promise.all([7, 8].map(decidedBySeed));
    let decided = '';
    await withProxy(['-host', '127.0.0.1', '-port', '0', '-seed', '7'], async (url) => {
      decided = await decidedBy(new Bench(url, new Cleanup()));
    });
    expect(decided).toBe(same);
    expect(decided).not.toBe(other);
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
    await writeFile(join(folder, 'proxies.json'), text);
    await expectRefused('proxies.json', says);
  });

  it('does not start with a config that names a port in use, and says which proxy wants it', async () => {
    await using other = await startBench();
    const { address } = await other.echo();
    const proxies = ['127.0.0.1:0', address].map((listen, index) => ({ name: `p${index}`, listen, upstream: 'a:1' }));
    await writeFile(join(folder, 'proxies.json'), JSON.stringify(proxies));
    const said = `"p1": listen tcp ${address}: bind: address already in use\nAnother program listens there`;
    await expectRefused('proxies.json', said);
  });

  it('does not start with a config that is not there, is a folder, or may not be read', async () => {
    await expectRefused('none.json', `There is no ${join(await realpath(folder), 'none.json')}`);
    await expectRefused('.', 'That is a folder');
    // Root may read everything.
    if (process.getuid?.() === 0) return;
    await writeFile(join(folder, 'secret.json'), '[]', { mode: 0 });
    await expectRefused('secret.json', 'chmod u+r');
  });

  it('says what to do where its own port is taken, or is none', async () => {
    await using other = await startBench();
    const { port } = await other.echo();
    const taken = await gameday(['proxy', '-host', '127.0.0.1', '-port', String(port)], { folder });
    expect([taken.code, taken.output]).toEqual([64, expect.stringContaining('give another -port') as string]);
    const none = await gameday(['proxy', '-port', '65536'], { folder });
    expect([none.code, none.output]).toEqual([64, expect.stringContaining('65535 the greatest') as string]);
  });

  it('says which release of Toxiproxy it is in the place of, as toxiproxy-server does', async () => {
    const said = { code: 0, output: 'toxiproxy-server version 2.12.0\n' };
    expect(await gameday(['proxy', '-version'], { folder })).toEqual(said);
  });

  it('writes down as much as LOG_LEVEL asks for, and what is wrong with it', async () => {
    const config = [{ name: 'store', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' }];
    await writeFile(join(folder, 'proxies.json'), JSON.stringify(config));
    const said = async (LOG_LEVEL: string): Promise<string> => {
      const flags = ['-port', '0', '-host', '127.0.0.1', '-seed', '-9223372036854775808', '-config', 'proxies.json'];
      const { output } = await withProxy(
        flags,
        async (url) => expect((await fetch(`${url}/proxies`)).status).toBe(200),
        { LOG_LEVEL },
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
