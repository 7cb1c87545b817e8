import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { setUpModelServer } from '../fakes/models/set-up-model-server.ts';
import { startBench, type Bench } from './support.ts';
import { authorityOf, getText } from './tls-support.ts';

let bench: Bench;
let folder: string;
let port: number;
let upstream: string;
let caFile: string;
beforeEach(async () => {
  bench = await startBench();
  folder = mkdtempSync(join(tmpdir(), 'gameday-tls-'));
  bench.cleanup.add('folder', () => rmSync(folder, { recursive: true, force: true }));
  const model = await setUpModelServer(systemClock(), { answerTokens: 20 });
  const server = serve({
    fetch: (request) =>
      new URL(request.url).pathname === '/plain' ? new Response('hello') : model.part.fetch(request),
    ...{ port: 0, hostname: '127.0.0.1' },
  });
  bench.cleanup.add('model server', () => void server.close());
  if (!server.listening) await once(server, 'listening');
  upstream = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  port = await bench.proxy('a', upstream, { tls: { client: {} } });
  caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, await authorityOf(bench));
});
afterEach(() => bench.cleanup.stop());

/** What a program prints, in an environment of its own. */
async function printed(program: string, words: readonly string[], variables: Record<string, string>): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, [...words], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    timeout: 60_000,
  }).catch((cause: unknown) => cause as { stdout: string; stderr: string });
  return stdout + stderr;
}

function inNode(code: string, variables: Record<string, string> = {}): Promise<string> {
  return printed(process.execPath, ['--input-type=module', '--eval', code], variables);
}

function lacks(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words).status !== 0;
}

describe('clients that trust the authority', () => {
  it('are served by https of Node, on one connection after another', async () => {
    const ca = readFileSync(caFile, 'utf8');
    expect(await getText({ port, ca, path: '/plain' })).toBe('hello');
    expect(await getText({ port, ca, path: '/plain', host: 'localhost' })).toBe('hello');
  });

  it('are served by fetch in a process with NODE_EXTRA_CA_CERTS, and not without it', async () => {
    const code = `console.log(await fetch('https://127.0.0.1:${port}/plain').then((answer) => answer.text(), (cause) => cause.cause.code))`;
    expect(await inNode(code, { NODE_EXTRA_CA_CERTS: caFile })).toBe('hello\n');
    expect(await inNode(code)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE\n');
  });

  it('are served by the package of OpenAI: its stream arrives whole, whatever it is cut into', async () => {
    await bench.toxic('a', { name: 'pieces', type: 'slicer', attributes: { average_size: 40, delay: 500 } });
    await bench.toxic('a', { type: 'latency', attributes: { latency: 30 } });
    const code = `import OpenAI from ${JSON.stringify(import.meta.resolve('openai'))};
      const client = new OpenAI({ baseURL: 'https://localhost:${port}/v1', apiKey: 'none', maxRetries: 0 });
      const messages = [{ role: 'user', content: 'Where is the harbour?' }];
      const answer = client.chat.completions.stream({ model: 'm', messages, stream_options: { include_usage: true } });
      console.log((await answer.finalChatCompletion()).usage.completion_tokens);`;
    expect(await inNode(code, { NODE_EXTRA_CA_CERTS: caFile })).toBe('20\n');
    const receipt = await bench.receipt('a', 'pieces');
    expect(receipt).toMatchObject({ connectionsAltered: 1 });
    expect(receipt['bytesAltered']).toBeGreaterThan(1_000);
  });

  it('are told by the package of OpenAI of faults of HTTP, as without TLS', async () => {
    await bench.toxic('a', { name: 'busy', type: 'http_status', attributes: { status: 429, vendor: 'openai' } });
    const code = `import OpenAI from ${JSON.stringify(import.meta.resolve('openai'))};
      const client = new OpenAI({ baseURL: 'https://localhost:${port}/v1', apiKey: 'none', maxRetries: 0 });
      const messages = [{ role: 'user', content: 'Where is the harbour?' }];
      console.log(await client.chat.completions.create({ model: 'm', messages }).catch((cause) => cause.constructor.name));`;
    expect(await inNode(code, { NODE_EXTRA_CA_CERTS: caFile })).toBe('RateLimitError\n');
    expect(await bench.receipt('a', 'busy')).toMatchObject({ requestsAltered: 1 });
  });

  it.skipIf(lacks('curl', '--version'))('are served by curl, if it is installed, by name and by address', async () => {
    const by = (host: string) => printed('curl', ['-sS', '--cacert', caFile, `https://${host}:${port}/plain`], {});
    expect(await by('localhost')).toBe('hello');
    expect(await by('127.0.0.1')).toBe('hello');
    const verbose = await printed('curl', ['-sSv', '--cacert', caFile, `https://localhost:${port}/plain`], {});
    expect(verbose).toMatch(/ALPN[^\n]*http\/1\.1/);
    expect(await printed('curl', ['-sS', `https://localhost:${port}/plain`], { SSL_CERT_FILE: caFile })).toBe('hello');
  });

  it.skipIf(lacks('python3', '-c', 'import ssl'))(
    'are served by Python, if it is installed, which reads SSL_CERT_FILE',
    async () => {
      const code = `import urllib.request; print(urllib.request.urlopen("https://127.0.0.1:${port}/plain").read().decode())`;
      expect(await printed('python3', ['-c', code], { SSL_CERT_FILE: caFile })).toBe('hello\n');
    },
  );

  it.skipIf(lacks('python3', '-c', 'import requests'))(
    'are served by requests of Python, if it is installed, which reads REQUESTS_CA_BUNDLE',
    async () => {
      const code = `import requests; print(requests.get("https://localhost:${port}/plain").text)`;
      expect(await printed('python3', ['-c', code], { REQUESTS_CA_BUNDLE: caFile })).toBe('hello\n');
    },
  );
});

describe('the certificate', () => {
  it.each([
    ['api.example.com', 'DNS:api.example.com'],
    ['API.Example.Com', 'DNS:api.example.com'],
    ['localhost', 'DNS:localhost'],
  ])('names the host that is asked for, %s, and loopback', async (servername, wanted) => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca: readFileSync(caFile) });
    await once(socket, 'secureConnect');
    const named = socket.getPeerCertificate().subjectaltname?.split(', ');
    expect(named).toContain(wanted);
    expect(named).toEqual(expect.arrayContaining(['DNS:localhost', 'IP Address:127.0.0.1']));
    socket.destroy();
  });

  it('names what the settings add', async () => {
    const tls = { client: { names: ['10.1.2.3', 'model.internal'] } };
    const other = await bench.proxy('b', upstream, { tls });
    const socket = connect({ port: other, host: '127.0.0.1', ca: readFileSync(caFile) });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subjectaltname).toContain('DNS:model.internal');
    expect(socket.getPeerCertificate().subjectaltname).toContain('IP Address:10.1.2.3');
    socket.destroy();
  });

  it('is of another serial number each time, and of the same ones for the same seed', async () => {
    const serials = async (seed: number): Promise<string[]> => {
      const other = await startBench({ seed });
      const ca = await authorityOf(other);
      const served = await other.proxy('b', upstream, { tls: { client: {} } });
      const seen: string[] = [];
      for (const servername of ['one.example', 'two.example']) {
        const socket = connect({ port: served, host: '127.0.0.1', servername, ca });
        await once(socket, 'secureConnect');
        seen.push(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      }
      await other.cleanup.stop();
      return seen;
    };
    const first = await serials(5);
    expect(new Set(first).size).toBe(2);
    expect(await serials(5)).toEqual(first);
    expect(await serials(6)).not.toEqual(first);
  });
});

describe('HTTP versions', () => {
  it.each([
    [['h2', 'http/1.1'], 'http/1.1'],
    [['http/1.1'], 'http/1.1'],
    [undefined, false],
  ])('are negotiated: %j comes to %s', async (offered, wanted) => {
    const ALPNProtocols = offered === undefined ? {} : { ALPNProtocols: offered };
    const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(caFile), ...ALPNProtocols });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe(wanted);
    socket.destroy();
  });

  it('are refused when the client speaks HTTP/2 only', async () => {
    const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(caFile), ALPNProtocols: ['h2'] });
    await expect(once(socket, 'secureConnect')).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
  });
});

describe('private keys', () => {
  it('are in nothing that the server says, and in no file', async () => {
    const paths = ['/proxies', '/proxies/a', '/gameday/authority', '/gameday/receipts', '/capabilities'];
    const said = await Promise.all(paths.map((path) => bench.call('GET', path)));
    expect(said.map(({ text }) => text).join('\n')).not.toContain('PRIVATE');
    expect(said[2]?.text.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    // Nothing in the proxy writes to a disk.
    const folder = fileURLToPath(new URL('../../harness/proxy', import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(sources).toContain(join('tls', 'issue.ts'));
    expect(sources.filter((name) => /['"](?:node:)?fs\b/.test(readFileSync(join(folder, name), 'utf8')))).toEqual([]);
  });
});
