import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartedChild } from '../../harness/world/child.ts';
import { harmlessEnvironment } from '../../harness/world/environment.ts';
import { PartReadySchema, type PartReady } from '../../harness/world/part-settings.ts';
import { openBench, type Bench } from './support/bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const partMain = fileURLToPath(new URL('../../harness/world/part-main.ts', import.meta.url));

function spawnPart(begin: Record<string, unknown> = {}): Promise<StartedChild> {
  return bench.children.spawn({
    name: 'crm',
    module: partMain,
    begin: {
      ...{ name: 'crm', protocol: 'http', module: new URL('./support/plain-part.ts', import.meta.url).href },
      ...{ settings: {}, corpus: { module: 'file:///none', documents: 0 }, seed: 7, ...begin },
    },
    environment: harmlessEnvironment(process.env),
    outputFile: join(bench.folder, 'crm.log'),
  });
}

const ready = (child: StartedChild): Promise<PartReady> =>
  child.waitReady({
    schema: PartReadySchema,
    limitMs: 20_000,
    code: 'part-not-ready',
    signal: new AbortController().signal,
  });

describe('part-main', () => {
  it('serves a part that depends on its seed and its name only', async () => {
    const [one, two, other] = await Promise.all([spawnPart(), spawnPart(), spawnPart({ seed: 8 })]);
    const said = await Promise.all(
      [one, two, other].map(async (child) => (await fetch(`http://127.0.0.1:${(await ready(child)).port}/`)).json()),
    );
    expect(said[0]).toMatchObject({ name: 'crm', seed: 7 });
    expect(said[1]).toEqual(said[0]);
    expect((said[2] as { draw: number }).draw).not.toBe((said[0] as { draw: number }).draw);
  });

  it('tells the part when a client hangs up, before the answer and in the middle of it', async () => {
    const { port } = await ready(await spawnPart());
    const origin = `http://127.0.0.1:${port}`;
    const hangUps = async (): Promise<unknown> =>
      ((await (await fetch(`${origin}/_gameday/state`)).json()) as { hangUps: unknown }).hangUps;

    const early = new AbortController();
    const asking = fetch(`${origin}/silent`, { signal: early.signal }).catch(() => 'gone');
    const late = new AbortController();
    const stream = await fetch(`${origin}/stream`, { signal: late.signal });
    await stream.body?.getReader().read();
    expect(await hangUps()).toEqual([]);
    early.abort();
    await asking;
    await expect.poll(hangUps).toEqual(['before the answer']);
    late.abort();
    await expect.poll(hangUps).toEqual(['before the answer', 'in the stream']);
  });

  it('starts a part with a server of its own, and serves its admin API beside it', async () => {
    const child = await spawnPart({ protocol: 'tcp', module: new URL('./support/tcp-part.ts', import.meta.url).href });
    const { port, adminPort } = await ready(child);
    expect(adminPort).not.toBe(port);
    const said = await new Promise((resolve) => connect(port, '127.0.0.1').on('data', (data) => resolve(String(data))));
    expect(said).toBe('crm');
    expect(await (await fetch(`http://127.0.0.1:${adminPort}/_gameday/faults`)).json()).toEqual([]);
  });

  it('shows the last lines of a part that fails while it starts', async () => {
    const error = await ready(await spawnPart({ settings: { broken: true } })).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'part-not-ready', message: 'crm did not start: it exited with code 1' });
    expect((error as { problems: string[] }).problems.join('\n')).toContain('this part is broken on purpose');
  });

  it('says what the module of a part lacks', async () => {
    const child = await spawnPart({ protocol: 'tcp' });
    const error = (await ready(child).catch((cause: unknown) => cause)) as { problems: string[] };
    expect(error.problems.join('\n')).toContain('has to export startPart');
  });

  it('records how and when a process died by itself, and stops one that hangs in a loop', async () => {
    const [mortal, busy] = await Promise.all([spawnPart(), spawnPart()]);
    await fetch(`http://127.0.0.1:${(await ready(mortal)).port}/die`).catch(() => undefined);
    await mortal.ended;
    expect(mortal.died()?.how).toBe('exited with code 7');
    expect(Math.abs((mortal.died()?.atMs ?? 0) - Date.now())).toBeLessThan(2000);
    const looping = fetch(`http://127.0.0.1:${(await ready(busy)).port}/busy`).catch(() => undefined);
    const stopping = Date.now();
    await busy.stop();
    await looping;
    expect(Date.now() - stopping).toBeLessThan(1000);
    expect(busy.died()).toBeNull();
  });
});
