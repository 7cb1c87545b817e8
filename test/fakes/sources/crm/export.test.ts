import { describe, expect, it } from 'vitest';
import { encodeCursor } from '../../../../fakes/sources/crm/cursor.ts';
import { exportFrom, fromStart, startedCrm, type CrmOnVirtualTime, type ExportBody } from './crm-on-virtual-time.ts';

async function page(crm: CrmOnVirtualTime, path: string): Promise<ExportBody> {
  const response = await crm.get(path);
  expect(response.status).toBe(200);
  return (await response.json()) as ExportBody;
}

const next = (body: ExportBody, perPage: number): string =>
  exportFrom(`cursor=${encodeURIComponent(body.after_cursor)}&per_page=${perPage}`);

/** Reads until the end of the stream; `betweenMs` is how long the reader takes over a page. */
async function readAll(
  crm: CrmOnVirtualTime,
  perPage: number,
  betweenMs: number,
  from = `${fromStart}&per_page=${perPage}`,
) {
  const versions: string[] = [];
  for (let path = from; ;) {
    const body = await page(crm, path);
    expect(body.tickets.length).toBeLessThanOrEqual(perPage);
    versions.push(...body.tickets.map((ticket) => `ticket-${ticket.id}@${ticket.comment_count}`));
    path = next(body, perPage);
    if (body.end_of_stream) return { versions, path };
    await crm.clock.advance(betweenMs);
  }
}

describe('the incremental export', () => {
  it('gives every ticket once, in its last version, when nothing changes meanwhile', async () => {
    const crm = await startedCrm({ latencyMs: 0, pollsPerSecond: 1000 });
    const { versions } = await readAll(crm, 7, 0);
    const expected = (await crm.state()).map((item) => `${item.id}@${item.version}`);
    expect(versions.length).toBeGreaterThan(400);
    expect([...versions].sort()).toEqual([...expected].sort());
  });

  it('neither skips nor repeats a version that stays, while tickets change under the reader', async () => {
    const crm = await startedCrm({ latencyMs: 15, pollsPerSecond: 1000 });
    const seen: string[] = [];
    let path = `${fromStart}&per_page=10`;
    for (let round = 0; round < 40; round++) {
      const read = await readAll(crm, 10, 40, path);
      seen.push(...read.versions);
      path = read.path;
      await crm.clock.advance(700);
    }
    const rest = await readAll(crm, 10, 0, path);
    const items = await crm.state();
    const all = new Set([...seen, ...rest.versions]);
    expect(seen.length + rest.versions.length).toBe(all.size);
    const missing = items.filter((item) => !all.has(`${item.id}@${item.version}`) && item.atMs < crm.clock.now() - 100);
    expect(missing).toEqual([]);
  });

  it('shows a ticket again, later, when it has been updated', async () => {
    const crm = await startedCrm({ pollsPerSecond: 1000 }, 20_000);
    const first = await readAll(crm, 1000, 0);
    await crm.clock.advance(20_000);
    const second = await readAll(crm, 1000, 0, first.path);
    const idOf = (version: string): string => version.replace(/@.*/, '');
    const again = second.versions.filter((version) => first.versions.some((old) => idOf(old) === idOf(version)));
    expect(again.length).toBeGreaterThan(0);
    expect(again.filter((version) => first.versions.includes(version))).toEqual([]);
  });

  it('gives the same page for the same cursor as long as none of its tickets changes', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    const first = await page(crm, `${fromStart}&per_page=5`);
    expect(await page(crm, next(first, 5))).toEqual(await page(crm, next(first, 5)));
  });

  it('can be followed by its after_url', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    const first = await page(crm, `${fromStart}&per_page=1`);
    const url = new URL(first.after_url);
    expect(first.after_url).toContain('http://crm.test/api/v2/incremental/tickets/cursor.json?cursor=');
    expect((await page(crm, url.pathname + url.search)).tickets[0]).not.toEqual(first.tickets[0]);
  });

  it('has 100 tickets on a page unless told otherwise', async () => {
    const crm = await startedCrm();
    expect((await page(crm, fromStart)).tickets).toHaveLength(100);
  });

  it('has an empty last page before the load begins, and its cursor holds when changes come', async () => {
    const crm = await startedCrm({ changesPerSecond: 0.5, latencyMs: 0 }, 0);
    const empty = await page(crm, fromStart);
    expect(empty).toMatchObject({ tickets: [], end_of_stream: true });
    await crm.clock.advance(60_000);
    expect((await page(crm, next(empty, 1000))).tickets).toHaveLength((await crm.state()).length);
  });

  it('keeps the place of a caller who begins when everything is old', async () => {
    const crm = await startedCrm({ changesPerSecond: 0.5, latencyMs: 0 }, 60_000);
    const nothing = await page(crm, exportFrom(`start_time=${Math.floor(crm.clock.now() / 1000)}`));
    expect(nothing.tickets).toEqual([]);
    await crm.clock.advance(30_000);
    expect((await page(crm, next(nothing, 1000))).tickets.length).toBeGreaterThan(0);
  });

  it('answers 400 to a cursor that is garbage, or of another feed, or beyond the end', async () => {
    const crm = await startedCrm();
    const foreign = await startedCrm({ changesPerSecond: 19 });
    const theirs = (await page(foreign, `${fromStart}&per_page=90`)).after_cursor;
    for (const cursor of ['', 'garbage', '%%%', theirs, encodeCursor({ seconds: 1_790_000_001, sequence: 100_000 })]) {
      const response = await crm.get(exportFrom(`cursor=${encodeURIComponent(cursor)}`));
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        error: 'InvalidPaginationParameter',
        description: 'cursor is not valid',
      });
    }
    expect((await crm.journal()).map(({ outcome }) => outcome)).toEqual(Array<string>(5).fill('rejected'));
  });

  it('answers 400 to a page size or a start that cannot be', async () => {
    const crm = await startedCrm({ pollsPerSecond: 1000 });
    for (const query of [
      '',
      'start_time=soon',
      'start_time=9999999999',
      `${fromStart.split('?')[1] ?? ''}&per_page=1001`,
      'start_time=1&per_page=0',
    ]) {
      expect((await crm.get(exportFrom(query))).status).toBe(400);
    }
  });
});
