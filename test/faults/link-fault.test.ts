import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { blackHole } from '../../harness/faults/black-hole.ts';
import { cutStream } from '../../harness/faults/cut-stream.ts';
import { failRequests } from '../../harness/faults/fail-requests.ts';
import { injectorFor } from '../../harness/faults/index.ts';
import { narrowLink } from '../../harness/faults/narrow-link.ts';
import { resetConnections } from '../../harness/faults/reset-connections.ts';
import { slowFirstByte } from '../../harness/faults/slow-first-byte.ts';
import { slowLink } from '../../harness/faults/slow-link.ts';
import { stallStream } from '../../harness/faults/stall-stream.ts';
import { streamError } from '../../harness/faults/stream-error.ts';
import type { ActiveFault, FaultSpec } from '../../harness/faults/types.ts';
import { systemClock } from '../../harness/kit/clock.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { connectProxyClient, type LinkClient } from '../../harness/proxy/client.ts';
import { readUndoEntries } from '../../harness/safety/undo-entries.ts';
import { openUndoJournal, type UndoJournal } from '../../harness/safety/undo-journal.ts';
import { openLink, type OpenLink } from '../../harness/world/links.ts';
import { startBench, type Bench } from '../proxy/support.ts';

/** The clock of the proxy. The conductor's own stands an hour ahead, so that a time which it invents is seen. */
let proxyClock: VirtualClock;
let bench: Bench;
let client: LinkClient;
let undo: UndoJournal;
let crm: OpenLink;

beforeEach(async () => {
  proxyClock = new VirtualClock(1000);
  bench = await startBench({ clock: proxyClock });
  client = connectProxyClient(bench.url, { clock: systemClock(), fetch });
  const stateFolder = mkdtempSync(join(tmpdir(), 'gameday-link-fault-'));
  undo = await openUndoJournal({ stateFolder, runId: 'run' });
  bench.cleanup.add('the folder', () => rmSync(stateFolder, { recursive: true }));
  bench.cleanup.add('the undo journal', () => undo.close());
  const proxy = { client, url: bench.url, pid: process.pid };
  const { address: upstream } = await bench.echo();
  crm = await openLink({ proxy, undo, to: 'crm', from: 'target', upstream, variables: [] });
});
afterEach(() => bench.cleanup.stop());

function inject(spec: FaultSpec): Promise<ActiveFault> {
  const access = {
    clock: new VirtualClock(3_600_000),
    link: () => crm.link,
    part: () => expect.unreachable('a fault of a link has nothing to do with the part'),
  };
  return injectorFor(spec.kind)?.inject(spec, access, 5000) ?? expect.unreachable(`there is no ${spec.kind}`);
}

const kinds = [
  blackHole({ part: 'crm' }),
  narrowLink({ part: 'crm', kilobytesPerSecond: 1 }),
  resetConnections({ part: 'crm' }),
  slowLink({ part: 'crm', latencyMs: 100 }),
  failRequests({ part: 'crm' }),
  slowFirstByte({ part: 'crm', delayMs: 100 }),
  stallStream({ part: 'crm' }),
  cutStream({ part: 'crm' }),
  streamError({ part: 'crm' }),
].map((spec) => [spec.kind, spec] as const);

it.each(kinds)('%s tells when it was active by the account of the proxy', async (_kind, spec) => {
  const active = await inject(spec);
  await proxyClock.advance(3000);
  expect(await active.heal()).toEqual({
    ...{ activeFromMs: 1000, activeToMs: 4000, ended: 'healed' },
    ...{ seen: 0, altered: 0, figures: { bytesAltered: 0 } },
  });
});

it.each(kinds)('%s says that its lease lapsed, and when, however late it is healed', async (_kind, spec) => {
  await client.renew(2000);
  const active = await inject(spec);
  await proxyClock.advance(9000);
  const effect = await active.heal();
  expect(effect).toMatchObject({ activeFromMs: 1000, activeToMs: 3000, ended: 'lease lapsed' });
  expect(await active.heal()).toBe(effect);
  expect(readUndoEntries(readFileSync(undo.file, 'utf8')).faults).toEqual([]);
});

it('is healed, not lapsed, when the harness has reset the whole proxy before', async () => {
  const active = await inject(blackHole({ part: 'crm' }));
  await proxyClock.advance(500);
  await client.reset();
  await proxyClock.advance(500);
  expect(await active.heal()).toMatchObject({ activeFromMs: 1000, activeToMs: 1500, ended: 'healed' });
});

it('counts what it altered', async () => {
  const active = await inject(slowLink({ part: 'crm', latencyMs: 100 }));
  const peer = await bench.dial(crm.port);
  peer.socket.write('hello');
  await bench.untilAltered('crm', 'slow-link', 5);
  expect(await active.heal()).toMatchObject({ seen: 1, altered: 1, figures: { bytesAltered: 5 } });
});
