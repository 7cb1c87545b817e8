import type { z } from 'zod';

/** Why a request is not answered with a result: Qdrant's own words where Qdrant refuses too. */
export class Refusal extends Error {
  readonly status: number;
  /** What would have been understood, where Qdrant may know more than this fake does. */
  readonly expected: readonly string[] | undefined;

  constructor(status: number, message: string, expected?: readonly string[]) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.expected = expected;
  }
}

/** A request that is well-formed and asks for what cannot be. */
export function wrongInput(message: string): Refusal {
  return new Refusal(400, `Wrong input: ${message}`);
}

/** A body that Qdrant could not read. */
export function formatError(message: string): Refusal {
  return new Refusal(400, `Format error in JSON body: ${message}`);
}

/** Something that this fake cannot do, though Qdrant may. */
export function unsupported(what: string, expected: readonly string[]): Refusal {
  return new Refusal(
    400,
    `Failed to read ${what}: this Qdrant is a fake that does not know it. Please use one of "expected".`,
    expected,
  );
}

/** Reads a part of a body. The first mistake in it decides the answer, as with Qdrant. */
export function readAs<Value>(schema: z.ZodType<Value>, value: unknown, known: readonly string[]): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (unknown.length > 0) throw unsupported(unknown.map((key) => `"${key}"`).join(', '), known);
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'too_small' && issue.path.length > 0) {
    const least = String(issue.minimum);
    throw new Refusal(422, `Validation error in JSON body: [${path}: value invalid, must be ${least} or larger]`);
  }
  // The words about a point id are Qdrant's and need no path.
  if (issue?.code === 'custom') throw formatError(issue.message);
  throw formatError(`${path === '' ? 'body' : path}: ${issue?.message ?? 'invalid'}`);
}
