import { z } from 'zod';
import { siblingModule } from './harness/kit/sibling-module.ts';
import type { TargetConfig } from './harness/world/target.ts';
import { defects } from './fakes/workload/defects.ts';

const Stored = z.object({ stored: z.array(z.object({ id: z.string(), version: z.number() })) });
const DeadLetters = z.object({
  deadLetters: z.array(z.object({ id: z.string(), version: z.number(), reason: z.string() })),
});
const Points = z.object({
  result: z.object({
    points: z.array(z.object({ payload: z.object({ document_id: z.string(), version: z.number() }) })),
  }),
});
const Token = z.object({ text: z.string() });
const Done = z.object({ citations: z.array(z.string()), degraded: z.boolean() });
const Failed = z.object({ code: z.string() });

/** The reference workload as a target. A config for a service of your own looks the same: see the README. */
export const config: TargetConfig = {
  name: 'reference workload',
  start: { kind: 'command', command: [process.execPath, siblingModule(import.meta.url, './fakes/workload/main')] },
  inProcess: async () => (await import('./fakes/workload/in-process.ts')).createTarget,
  ready: { path: '/health' },
  operations: {
    ask: {
      request: (question, timeoutMs) => ({
        method: 'POST',
        path: '/ask',
        headers: { 'x-timeout-ms': String(Math.floor(timeoutMs)) },
        body: { question },
      }),
      read: ({ name, data }) => {
        if (name === 'token') return { kind: 'token', ...Token.parse(JSON.parse(data)) };
        if (name === 'done') return { kind: 'done', ...Done.parse(JSON.parse(data)) };
        if (name === 'error') return { kind: 'error', ...Failed.parse(JSON.parse(data)) };
        return { kind: 'other' };
      },
    },
    ingest: {
      request: (documents, timeoutMs) => ({
        method: 'POST',
        path: '/documents',
        headers: { 'x-timeout-ms': String(Math.floor(timeoutMs)) },
        body: { documents: documents.map((document) => ({ ...document })) },
      }),
      acknowledged: (body) => Stored.parse(body).stored,
    },
    follow: { request: (source) => ({ method: 'POST', path: `/sources/${source}/follow` }) },
    stored: [
      { kind: 'sql', variable: 'DATABASE_URL', query: 'select document_id as id, version from chunks' },
      {
        ...{ kind: 'http', variable: 'QDRANT_URL' },
        request: {
          ...{ method: 'POST', path: '/collections/chunks/points/scroll' },
          body: { limit: 100_000, with_payload: ['document_id', 'version'], with_vector: false },
        },
        read: (body) =>
          Points.parse(body).result.points.map(({ payload }) => ({
            id: payload.document_id,
            version: payload.version,
          })),
      },
    ],
    deadLetters: {
      request: { method: 'GET', path: '/dead-letters' },
      read: (body) => DeadLetters.parse(body).deadLetters,
    },
  },
  defects: [
    { id: 'A2', title: defects.A2, scenario: 'source-throttling', caughtBy: ['gaps-grow-and-spread'] },
    {
      id: 'A3',
      title: defects.A3,
      scenario: 'source-throttling',
      caughtBy: ['attempts-per-operation', 'retry-amplification'],
    },
    { id: 'A6', title: defects.A6, scenario: 'source-throttling', caughtBy: ['waits-for-retry-after'] },
    { id: 'C3', title: defects.C3, scenario: 'source-throttling', caughtBy: ['nothing-lost'] },
    { id: 'T12', title: defects.T12, scenario: 'source-throttling', caughtBy: [] },
    { id: 'B1', title: defects.B1, scenario: 'gpu-saturation', caughtBy: ['queue-bounded'] },
    { id: 'B4', title: defects.B4, scenario: 'gpu-saturation', caughtBy: ['batch-gives-way'] },
    { id: 'A8', title: defects.A8, scenario: 'gpu-saturation', caughtBy: ['wasted-work'] },
    { id: 'E2', title: defects.E2, scenario: 'gpu-saturation', caughtBy: ['preemption'] },
  ],
};
