import { it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { createWorkload } from '../../../fakes/workload/create-workload.ts';
import { workloadSettings } from '../../../fakes/workload/settings.ts';
import { createMemoryStore } from '../../../fakes/workload/store/memory-store.ts';
import { createTelemetry } from '../../../fakes/workload/telemetry/telemetry.ts';
import { createPart } from '../../../fakes/models/create-part.ts';
import { createCorpus } from '../../../fakes/corpus/create-corpus.ts';
import { corpusSpec } from '../../../fakes/corpus/corpus-spec.ts';

const E = process.env;
for (const id of (E.DEFECTS ?? 'none').split(',')) it(id, async () => {
  const clock = new VirtualClock();
  const random = seededRandom(Number(E.SEED ?? 3));
  const corpus = createCorpus(corpusSpec({ documents: 200 }), 1);
  const part = await createPart({ name: 'm', settings: { engine: { kvBlocks: Number(E.BLOCKS ?? 3000) } }, corpus: corpusSpec({ documents: 10 }), seed: 1, clock, random: random.fork('m') });
  const store = createMemoryStore();
  const w = createWorkload({
    clock, random, store,
    fetch: async (input, init) => {
      const request = new Request(input instanceof Request ? input.url : String(input), init);
      const signal = init?.signal;
      if (signal?.aborted) throw signal.reason;
      return await new Promise<Response>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
        Promise.resolve(part.fetch(request)).then(resolve, reject);
      });
    },
    settings: workloadSettings({ model: { baseUrl: 'http://m/v1' }, defect: id === 'none' ? null : id as 'B1' }),
    telemetry: createTelemetry({ random: random.fork('t') }),
  });
  await clock.advance(10);
  for (let i = 0; i < 200; i += 20) { const r = await clock.run(w.fetch(new Request('http://w/documents', { method: 'POST', body: JSON.stringify({ documents: corpus.documents.slice(i, i + 20) }) }))); if (r.status !== 200) throw new Error(await r.text()); }
  const t0 = clock.now();
  const samples: { cls: string; due: number; ttft: number; done: number; status: number | string; ok: boolean }[] = [];
  let n = 0;
  const deadline = Number(E.DEADLINE ?? 10000);
  const one = async (cls: 'i' | 'b') => {
    const s = { cls, due: clock.now(), ttft: NaN, done: NaN, status: 0 as number | string, ok: false }; samples.push(s);
    const hang = new AbortController();
    const trace = `00-${(samples.length).toString(16).padStart(32, '0')}-00000000000000aa-01`;
    const timer = clock.setTimer(() => { s.status = 'timeout'; hang.abort(); }, deadline);
    try {
      const q = corpus.question(n++);
      const i = n;
      const body = cls === 'i' ? { question: q.text } : { documents: [corpus.batchDocument(2 * i), corpus.batchDocument(2 * i + 1)] };
      const r = await Promise.race([w.fetch(new Request(`http://w/${cls === 'i' ? 'ask' : 'documents'}`, { method: 'POST', body: JSON.stringify(body), signal: hang.signal, headers: { 'x-timeout-ms': String(deadline), traceparent: trace } })), new Promise<never>((_, rej) => hang.signal.addEventListener('abort', () => rej(new Error('x'))))]);
      s.status = r.status;
      if (r.ok && cls === 'i') {
        const reader = r.body!.getReader(); const dec = new TextDecoder(); let text = '';
        hang.signal.addEventListener('abort', () => void reader.cancel());
        for (;;) { const x = await reader.read(); if (x.done) break; if (Number.isNaN(s.ttft)) s.ttft = clock.now() - s.due; text += dec.decode(x.value); }
        s.ok = text.includes('event: done') && text.includes('"degraded":false');
        if (!s.ok && s.status === 200) s.status = /event: error\ndata: (.*)/.exec(text)?.[1] ?? 'odd';
      } else { const text = await r.text(); s.ok = r.ok; if (!r.ok) s.status = `${r.status} ${text.slice(0,60)}`; }
      s.done = clock.now() - s.due;
    } catch (e) { if (s.status !== 'timeout') s.status = String(e); s.done = clock.now() - s.due; } finally { timer.cancel(); }
  };
  let batchRate = Number(E.BATCH ?? 5), stop = false;
  const loop = async (cls: 'i' | 'b', rate: () => number) => { const r = random.fork(cls); while (!stop) { await clock.sleep(r.exponential(rate()) * 1000); void one(cls); } };
  const loops = [loop('i', () => Number(E.RATE ?? 50)), loop('b', () => batchRate)];
  const admin = (method: string, path: string, body?: unknown) => part.fetch(new Request(`http://m/_gameday${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) }));
  const report = async (name: string, from: number) => {
    const to = clock.now();
    const st = await (await admin('GET', '/state')).json() as Record<string, number>;
    const w1 = samples.filter((s) => s.due >= from && s.due < to - 0);
    const q = (a: number[], p: number) => { const s = a.filter((x) => !Number.isNaN(x)).sort((x, y) => x - y); return Math.round(s[Math.floor(p * s.length)] ?? NaN); };
    for (const cls of ['i', 'b']) {
      const c = w1.filter((s) => s.cls === cls);
      const by: Record<string, number> = {};
      for (const s of c) by[s.ok ? 'ok' : String(s.status)] = (by[s.ok ? 'ok' : String(s.status)] ?? 0) + 1;
      console.log(id, name, cls, c.length, 'ttft p50/95/99', q(c.map((s) => s.ttft), .5), q(c.map((s) => s.ttft), .95), q(c.map((s) => s.ttft), .99), 'done p50/95', q(c.map((s) => s.done), .5), q(c.map((s) => s.done), .95), JSON.stringify(by));
    }
    console.log(id, name, 'engine', JSON.stringify({ waiting: st.waiting, running: st.running, pre: st.preemptions, kv: st.kvBlocksUsed, of: st.kvBlocks }));
  };
  const phase = async (name: string, ms: number) => { const from = clock.now(); const end = from + ms; while (clock.now() < end) { await clock.advance(1000); await admin('POST', '/renew', { leaseMs: 5000 }); } await report(name, from); };
  await phase('base', 10_000);
  batchRate = Number(E.FLOOD ?? 60);
  const slow = await admin('PUT', '/faults/n', { kind: E.SLOWKIND ?? 'slow-steps', settings: JSON.parse(E.SLOWSET ?? '{"factor":2.5}'), leaseMs: 5000 });
  if (!slow.ok) console.log(await slow.text());
  await phase('neighbour', 20_000);
  await admin('DELETE', '/faults/n');
  batchRate = Number(E.BATCH ?? 5);
  await phase('between', 10_000);
  const mem = await admin('PUT', '/faults/k', { kind: E.MEMKIND ?? 'kv', settings: JSON.parse(E.MEMSET ?? '{"share":0.2}'), leaseMs: 5000 });
  if (!mem.ok) console.log(await mem.text());
  await phase('memory', 20_000);
  await admin('DELETE', '/faults/k');
  await phase('after', 10_000);
  stop = true;
  const j = await (await admin('GET', '/journal')).json() as { calls: { outcome: string; workClass: string; traceId: string; endedMs: number; tokens: number; operation: string }[] };
  let wasted = 0, total = 0; const fin: Record<string, number[]> = {};
  for (const c of j.calls) { const s = samples[parseInt(c.traceId ?? 'x', 16) - 1]; if (!s || c.outcome !== 'ok') continue; total++; const f = fin[s.cls] ??= [0, 0]; f[1]!++; if (s.status === 'timeout' && c.endedMs > s.due + s.done + 100) { f[0]!++; wasted++; } }
  console.log(id, 'wasted', wasted, total, JSON.stringify(fin));
}, 300_000);
