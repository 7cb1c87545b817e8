import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { connectProxyClient } from '../../harness/proxy/client.ts';
import { startProxyServer } from '../../harness/proxy/server.ts';
import { connectPart } from '../../harness/world/admin-client.ts';
import { openLink, type UndoNotes } from '../../harness/world/links.ts';
import { servePart } from '../../harness/world/serve-part.ts';
import { httpPart } from './support/test-world.ts';

/** The names of the faults that would be healed after a kill -9. */
let noted: Set<string>;
let undo: UndoNotes;
beforeEach(() => {
  noted = new Set();
  undo = {
    fault: ({ name }) => Promise.resolve(void noted.add(name)),
    undone: (name) => Promise.resolve(void noted.delete(name)),
  };
});

const clock = systemClock();
const slow = { name: 'slow', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 50 } } as const;

describe('the note of a fault that is active', () => {
  it('stays when a second toxic of its name is refused, and goes when the first is removed', async () => {
    const server = await startProxyServer({ clock, random: seededRandom(1) });
    const url = `http://127.0.0.1:${server.port}`;
    const proxy = { client: connectProxyClient(url, { clock, fetch }), url, pid: process.pid };
    const { link } = await openLink({
      ...{ proxy, undo, to: 'crm', from: 'target', upstream: '127.0.0.1:9', variables: [] },
    });
    await link.addToxic(slow);
    await expect(link.addToxic(slow)).rejects.toThrow('already exists');
    expect([...noted]).toEqual(['link crm/slow']);
    await expect(link.addToxic({ ...slow, name: 'odd', type: 'no-such-toxic' })).rejects.toThrow();
    expect([...noted]).toEqual(['link crm/slow']);
    await link.removeToxic('slow');
    expect([...noted]).toEqual([]);
    await server.stop();
  });

  it('stays when a part refuses a second one of its name', async () => {
    const { module } = httpPart('crm');
    const begin = {
      name: 'crm',
      protocol: 'http',
      module,
      settings: {},
      corpus: { module: '', documents: 0 },
    } as const;
    const { adminPort } = await servePart({ ...begin, seed: 1 });
    const part = connectPart({ name: 'crm', pid: process.pid, adminPort, caller: { clock, fetch }, undo });
    await part.admin('PUT', '/faults/quota', { kind: 'quota', settings: {}, leaseMs: 5000 });
    // The part of these tests refuses this kind, under whatever name.
    const refused = { kind: 'unknown', settings: {}, leaseMs: 5000 };
    await expect(part.admin('PUT', '/faults/quota', refused)).rejects.toThrow('There is no fault');
    expect([...noted]).toEqual(['crm/quota']);
    await expect(part.admin('PUT', '/faults/other', refused)).rejects.toThrow('There is no fault');
    expect([...noted]).toEqual(['crm/quota']);
    await part.admin('DELETE', '/faults/quota');
    expect([...noted]).toEqual([]);
  });
});
