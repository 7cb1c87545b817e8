import { describe, expect, it } from 'vitest';
import { config } from '../../../gameday.config.ts';
import { Cleanup } from '../../../harness/kit/lifecycle.ts';
import { simulatedSurroundings } from '../../../harness/simulated-surroundings.ts';
import { withStandIns } from '../../../harness/stand-ins.ts';
import type { SourceState } from '../../../harness/world/types.ts';
import { sourceThrottling } from '../../../scenarios/source-throttling.ts';

const { world: spec } = withStandIns(sourceThrottling);

interface Stored {
  readonly result: { readonly points: readonly { payload: { document_id: string; version: number } }[] };
}

/** Kills the workload again and again while it follows the CRM; gives the changes that are in the store neither then nor later. */
async function lostByKills(defect: string | null): Promise<{ changes: number; lost: readonly string[] }> {
  const surroundings = await simulatedSurroundings({
    parts: spec.parts,
    target: config,
    seed: 3,
    durationMs: 90_000,
    signal: new AbortController().signal,
    interleave: false,
  });
  const { clock } = surroundings;
  return surroundings.during(async () => {
    await using cleanup = new Cleanup();
    const world = cleanup.use(
      'the world',
      await surroundings.startWorld(
        {
          ...{ parts: spec.parts, corpus: spec.corpus, seed: 3, target: config, defect },
          ...{ otlpUrl: null, leaseMs: 600_000, signal: new AbortController().signal },
        },
        { runId: 'killed', runFolder: '', stateFolder: '' },
      ),
    );
    const { control, directUrl } = world.target;
    if (!control) throw new Error('The target cannot be killed.');
    for (const part of world.parts) await part.admin('POST', '/start', { originMs: clock.now() });
    const follow = (): Promise<Response> => fetch(`${directUrl}/sources/crm/follow`, { method: 'POST' });
    await follow();
    for (let kill = 0; kill < 8; kill++) {
      await clock.sleep(1130 + kill * 57);
      await control.kill();
      await clock.sleep(300);
      await control.restart();
      await follow();
    }
    const { items } = (await world.part('crm').admin('GET', '/state')) as SourceState;
    // It learns anew how fast the source may be asked, and has most of it to read again.
    await clock.sleep(40_000);
    const response = await fetch(`${world.direct['QDRANT_URL'] ?? ''}/collections/chunks/points/scroll`, {
      method: 'POST',
      body: JSON.stringify({ limit: 10_000, with_payload: true }),
    });
    const { points } = ((await response.json()) as Stored).result;
    const versions = new Map(points.map(({ payload }) => [payload.document_id, payload.version]));
    const lost = items.filter(({ id, version }) => (versions.get(id) ?? 0) < version);
    return { changes: items.length, lost: lost.map(({ id }) => id) };
  });
}

describe('the workload that is killed and started again while it follows its source', () => {
  it('loses nothing: it goes on where it had written', async () => {
    const { changes, lost } = await lostByKills(null);
    expect(changes).toBeGreaterThan(150);
    expect(lost).toEqual([]);
  }, 60_000);

  it('loses records with the defect that moves the cursor on before they are written', async () => {
    expect((await lostByKills('C3')).lost.length).toBeGreaterThan(0);
  }, 60_000);

  it('does the same each time', async () => {
    expect(await lostByKills('C3')).toEqual(await lostByKills('C3'));
  }, 60_000);
});
