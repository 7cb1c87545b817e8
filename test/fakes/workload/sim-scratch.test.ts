import { it } from 'vitest';
import { startWorkload } from '/work/main/test/fakes/workload/support/started-workload.ts';
import { operationsOf, earlyAttempts, hintlessGaps } from '/work/main/test/fakes/workload/support/stand-in-crm.ts';
import { defects } from '/work/main/fakes/workload/defects.ts';

const ids = (process.env.DEFECTS ?? 'none').split(',');
for (const id of ids)
  for (const seed of (process.env.SEEDS ?? '1').split(',').map(Number))
    it(`${id} ${seed}`, async () => {
      const w = await startWorkload({
        changesPerSecond: 20,
        seed,
        ...(id === 'none' ? {} : { defect: id as keyof typeof defects }),
      });
      const { clock, crm } = w;
      await w.post('/sources/crm/follow', {});
      await clock.advance(30_000);
      const windows: Record<string, number> = { throttle: clock.now() };
      crm.quotaPerSecond = 4;
      const forms = (process.env.FORMS ?? 'seconds,http-date,none').split(',');
      for (let i = 0; i < 20; i++) {
        crm.retryAfter = forms[Math.floor((i * forms.length) / 20)] as 'none';
        await clock.advance(1000);
      }
      windows.down = clock.now();
      crm.quotaPerSecond = 40;
      crm.down = true;
      if (process.env.STAY) crm.quotaPerSecond = 4;
      await clock.advance(10_000);
      crm.quotaPerSecond = 40;
      crm.down = false;
      crm.retryAfter = 'seconds';
      const heal = clock.now();
      let drained: number | null = null;
      const rates: number[] = [];
      for (let s = 0; s < 60; s++) {
        const n = crm.calls.length;
        await clock.advance(1000);
        rates.push(crm.calls.length - n);
        const stored = new Map((await w.store.list()).map((r) => [r.id, r.version]));
        const backlog = [...crm.versions].filter(([t, v]) => (stored.get(`ticket-${t}`) ?? 0) < v).length;
        if (drained === null && backlog < 30) drained = s + 1;
      }
      const inw = (a: number, b: number) => crm.calls.filter((c) => c.atMs >= a && c.atMs < b);
      const thr = inw(windows.throttle!, windows.down!);
      const dn = inw(windows.down!, heal);
      const gaps = hintlessGaps(crm.calls);
      const rel = gaps.map((g) => g.gapMs / (500 * 2 ** (g.attempt - 2)));
      const mean = rel.reduce((a, b) => a + b, 0) / rel.length;
      const cv = Math.sqrt(rel.reduce((a, b) => a + (b - mean) ** 2, 0) / rel.length) / mean;
      const med = (k: number) => {
        const s = gaps
          .filter((g) => g.attempt === k)
          .map((g) => g.gapMs)
          .sort((a, b) => a - b);
        return [s.length, Math.round(s[s.length >> 1] ?? 0)];
      };
      console.log(
        id,
        seed,
        JSON.stringify({
          throttleOps: operationsOf(thr).length,
          throttleAttempts: thr.length,
          amp: +(thr.length / operationsOf(thr).length).toFixed(3),
          refused: thr.filter((c) => c.status === 429).length,
          before429: inw(0, windows.throttle!).filter((c) => c.status === 429).length,
          down: dn.length,
          maxAttempts: Math.max(...operationsOf(crm.calls).map((o) => o.length)),
          gaps: gaps.length,
          cv: +cv.toFixed(2),
          med2: med(2),
          med3: med(3),
          early: earlyAttempts(crm.calls).length,
          peak: crm.most.peak,
          after429: inw(heal, heal + 40000).filter((c) => c.status === 429).length,
          drained,
          rates: rates.slice(0, 35).join(' '),
          dl: (await w.store.deadLetters()).length,
          lost: [...crm.versions].filter(([t, v]) => true).length - (await w.store.list()).length,
        }),
      );
      await w.clock.run(w.workload.stop());
    }, 120_000);
