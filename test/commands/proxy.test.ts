import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLongFlags } from '../../harness/commands/proxy.ts';
import { gameday, type Finished } from '../table/run-gameday.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-proxy-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs `gameday proxy` until `work` is done with its API, then ends it. */
async function withProxy(flags: readonly string[], work: (url: string) => Promise<void>): Promise<Finished> {
  const ending = new AbortController();
  let output = '';
  let done: Promise<void> | undefined;
  const finished = await gameday(['proxy', ...flags], {
    ...{ folder, signal: ending.signal },
    onOutput: (text) => {
      output += text;
      const [, url] = /fault proxy: (http:\S+)/.exec(output) ?? [];
      if (url !== undefined) done ??= work(url).finally(() => ending.abort());
    },
  });
  await done;
  return finished;
}

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
      seen = { version, proxies: Object.keys(proxies), counts: metrics.includes('toxiproxy_proxy_sent_bytes_total{') };
    });
    expect(seen).toEqual({ version: '{"version": "2.12.0"}\n', proxies: ['store'], counts: true });
    expect(output).toContain('seed 7');
    expect(code).toBe(0);
  });

  it.each([
    { text: '[{ "name": "store" }]', says: 'missing required field: upstream at proxy 1' },
    { text: 'not JSON', says: 'bad request body' },
  ])('does not start with a config that says $text', async ({ text, says }) => {
    await writeFile(join(folder, 'proxies.json'), text);
    const { code, output } = await gameday(['proxy', '--port', '0', '--config', 'proxies.json'], { folder });
    expect(output).toContain(`The proxies of proxies.json could not be made`);
    expect(output).toContain(says);
    expect(code).toBe(64);
  });

  it('takes flags with one dash or two, and leaves values and other commands alone', () => {
    expect(withLongFlags(['proxy', '-port', '8474', '--seed=1', '-runtime-metrics', '-h'])).toEqual([
      ...['proxy', '--port', '8474', '--seed=1', '--runtime-metrics', '-h'],
    ]);
    expect(withLongFlags(['run', '-seed'])).toEqual(['run', '-seed']);
  });
});
