import { z } from 'zod';

const rate = z.number().positive();
const named = { name: z.string(), kind: z.string(), settings: z.record(z.string(), z.json()) };

const Profile = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('poisson'), ratePerSecond: rate }),
  z.object({ kind: z.literal('constant'), ratePerSecond: rate }),
  z.object({
    kind: z.literal('flood'),
    ratePerSecond: rate,
    floodPerSecond: rate,
    duringFaults: z.array(z.string()).min(1),
  }),
  z.object({
    kind: z.literal('steps'),
    steps: z.array(z.object({ fromMs: z.number().min(0), ratePerSecond: z.number().min(0) })).min(1),
  }),
  z.object({ kind: z.literal('ramp'), fromPerSecond: z.number().min(0), toPerSecond: rate }),
]);

const Load = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('requests'),
    operation: z.enum(['ask', 'ingest']),
    workClass: z.enum(['interactive', 'batch']),
    profile: Profile,
    deadlineMs: z.number().positive(),
    documentsPerRequest: z.int().positive().optional(),
  }),
  z.object({
    kind: z.literal('follow'),
    operation: z.literal('follow'),
    part: z.string(),
    feedPerSecond: rate,
    capacityPerSecond: rate,
  }),
]);

const Shape = z.object({
  name: z.string(),
  promise: z.string(),
  covers: z.array(z.string()),
  world: z.object({
    parts: z.array(
      z.object({
        name: z.string(),
        role: z.enum(['source', 'model', 'store']),
        protocol: z.enum(['http', 'tcp']),
        module: z.string(),
        tls: z.boolean().optional(),
      }),
    ),
    corpus: z.object({ module: z.string(), documents: z.int().min(0) }),
  }),
  load: z.array(Load),
  faults: z.array(
    z.object({ ...named, part: z.string(), summary: z.string(), durationMs: z.number().positive().optional() }),
  ),
  objectives: z.array(z.object({ ...named, statement: z.string() })),
  phases: z
    .strictObject({
      warmUpMs: z.number().positive().optional(),
      baselineMs: z.number().positive().optional(),
      faultMs: z.number().positive().optional(),
      holdMs: z.number().positive().optional(),
      recoveryMs: z.number().positive().optional(),
    })
    .optional(),
  references: z.array(z.string()),
});

/** What is missing in a scenario, or of the wrong kind, a line each: what a config in JavaScript can get wrong, and numbers out of range. */
export function checkShape(scenario: unknown): string[] {
  return (
    Shape.safeParse(scenario).error?.issues.map(
      (issue) => `"${issue.path.join('.') || 'scenario'}": ${issue.message}`,
    ) ?? []
  );
}
