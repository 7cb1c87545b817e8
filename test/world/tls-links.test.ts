import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Registry } from '../../harness/proxy/registry.ts';
import { certificatesIn } from '../../harness/proxy/tls/tls-settings.ts';
import { startLocalWorld } from '../../harness/world/local-world.ts';
import type { World } from '../../harness/world/running-world.ts';
import { SimulatedNetwork } from '../../harness/world/simulated/network.ts';
import type { PartSpec } from '../../harness/world/types.ts';
import { httpPart, temporaryFolder, worldOptions } from './support/test-world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let world: World | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await world?.stop();
  world = undefined;
  folder.remove();
});

const secure: PartSpec = { ...httpPart('crm'), tls: true };
const runTls = (): string => join(folder.path, 'run-1', 'tls');

async function start(parts: readonly PartSpec[]): Promise<World> {
  world = await startLocalWorld(worldOptions(folder.path, { parts, leaseMs: 60_000 }));
  return world;
}

const getJson = async (url: string): Promise<Record<string, string>> =>
  (await (await fetch(url)).json()) as Record<string, string>;

describe('a link with TLS', () => {
  it('is https for the target, which trusts it, while the part stays plain', async () => {
    const running = await start([secure, httpPart('wiki')]);
    const { target, direct } = running;
    const environment = await getJson(`${target.baseUrl}/env`);
    expect(environment['CRM_BASE_URL']).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(environment['WIKI_BASE_URL']).toMatch(/^http:/);
    expect(direct['CRM_BASE_URL']).toMatch(/^http:/);
    expect(await getJson(direct['CRM_BASE_URL'] ?? '')).toMatchObject({ name: 'crm' });
    // The target asks the part by the fetch of its own process.
    expect(await getJson(`${target.baseUrl}/crm`)).toMatchObject({ name: 'crm', seed: 7 });
    expect((await running.link('crm').traffic()).bytesFromPart).toBeGreaterThan(0);
  });

  it('takes toxics like any other, and those of handshakes', async () => {
    const running = await start([secure]);
    const { target } = running;
    const link = running.link('crm');
    await getJson(`${target.baseUrl}/crm`);
    const toxic = { stream: 'downstream', toxicity: 1 } as const;
    await link.addToxic({ ...toxic, name: 'slow', type: 'latency', attributes: { latency: 100 } });
    const startMs = performance.now();
    await getJson(`${target.baseUrl}/crm`);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(100);
    expect(await link.removeToxic('slow')).toMatchObject({ connectionsAltered: 1 });
    await link.addToxic({ ...toxic, name: 'bad', type: 'bad_certificate', attributes: {} });
    // The target keeps its connection; a new one is needed to see the certificate.
    await link.setEnabled(false);
    await link.setEnabled(true);
    await expect(getJson(`${target.baseUrl}/crm`)).rejects.toThrow();
    expect((await link.removeToxic('bad')).connectionsAltered).toBeGreaterThan(0);
    expect(await getJson(`${target.baseUrl}/crm`)).toMatchObject({ name: 'crm' });
  });

  it('tells every runtime of its authority: alone, or among those that it would trust anyway', async () => {
    const { target } = await start([secure]);
    const environment = await getJson(`${target.baseUrl}/env`);
    const alone = join(runTls(), 'authority.pem');
    const among = join(runTls(), 'trusted.pem');
    expect(environment).toMatchObject({
      NODE_EXTRA_CA_CERTS: alone,
      ...{ SSL_CERT_FILE: among, REQUESTS_CA_BUNDLE: among, AWS_CA_BUNDLE: among },
    });
    const authority = certificatesIn(readFileSync(alone, 'utf8'));
    expect(authority).toHaveLength(1);
    const trusted = certificatesIn(readFileSync(among, 'utf8'));
    expect(trusted.length).toBeGreaterThan(50);
    expect(trusted).toContain(authority[0]);
    for (const file of [alone, among]) {
      expect(statSync(file).mode & 0o777).toBe(0o644);
      expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE');
    }
  });

  it.skipIf(spawnSync('python3', ['-c', 'import ssl']).status !== 0)(
    'is trusted by Python, if it is installed, with the environment of the target',
    async () => {
      const { target } = await start([secure]);
      const environment = await getJson(`${target.baseUrl}/env`);
      const code = `import urllib.request; print(urllib.request.urlopen("${environment['CRM_BASE_URL'] ?? ''}").read().decode())`;
      const { stdout } = await promisify(execFile)('python3', ['-c', code], { env: environment });
      expect(JSON.parse(stdout)).toMatchObject({ name: 'crm' });
    },
  );

  it('leaves a world without one as it is', async () => {
    const { target } = await start([httpPart('crm')]);
    const environment = await getJson(`${target.baseUrl}/env`);
    const names = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'AWS_CA_BUNDLE'];
    expect(names.filter((name) => name in environment)).toEqual([]);
    expect(existsSync(runTls())).toBe(false);
  });
});

describe('a simulated network', () => {
  it('refuses a proxy with TLS, in place of one that only looks like it', async () => {
    const clock = new VirtualClock();
    const { openPort } = new SimulatedNetwork(clock);
    const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort });
    const request = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', enabled: true, toxics: [] };
    await expect(registry.create({ ...request, tls: { client: {} } })).rejects.toThrow(
      'there is no TLS in a simulated network',
    );
  });
});
