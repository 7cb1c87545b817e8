import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../../fakes/workload/main.ts', import.meta.url));
const started: ChildProcess[] = [];

function start(environment: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...environment } });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return { child, output: () => output };
}

/** Starts it on a free port with a store in memory, and waits until it says where it listens. */
async function listening(environment: Readonly<Record<string, string>> = {}) {
  const process = start({ PORT: '0', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', ...environment });
  for (;;) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(process.output())?.[0];
    if (url !== undefined) return { ...process, url };
    await Promise.race([
      once(process.child.stdout ?? process.child, 'data'),
      once(process.child, 'exit').then(() => Promise.reject(new Error(process.output()))),
    ]);
  }
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('the workload as a process', () => {
  it('listens on 127.0.0.1, says that it is ready, and ends when it is told to', async () => {
    const { child, url } = await listening();
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { ready: true }]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says which variable is missing, and which defects there are', async () => {
    const missing = start({ PORT: '0' });
    expect((await once(missing.child, 'exit'))[0]).toBe(1);
    expect(missing.output()).toContain('Please set OPENAI_BASE_URL.');
    const unknown = start({ PORT: '0', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', GAMEDAY_DEFECT: 'Z9' });
    expect((await once(unknown.child, 'exit'))[0]).toBe(1);
    expect(unknown.output()).toContain('There is no defect "Z9".');
  });

  it('hangs up on the model server when its own caller hangs up', async () => {
    const calls: IncomingMessage[] = [];
    const server = createServer((request) => calls.push(request)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const { url } = await listening({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` });
      const caller = new AbortController();
      const body = JSON.stringify({ question: 'Is anybody there?' });
      const headers = { 'content-type': 'application/json' };
      const arrived = new Promise<IncomingMessage>((resolve) =>
        server.on('request', (request: IncomingMessage) => request.url === '/v1/embeddings' && resolve(request)),
      );
      const answer = fetch(`${url}/ask`, { method: 'POST', body, headers, signal: caller.signal });
      answer.catch(() => undefined);
      const embedding = await arrived;
      const closed = once(embedding.socket, 'close');
      caller.abort();
      await closed;
      await expect(answer).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
