/** Calls Qdrant. The client's own errors say little of what went wrong (`Bad Request`, `fetch failed`); what is thrown here says it. */
export async function askQdrant<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (cause) {
    throw new Error(`The vector store failed: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // The client does not export the class of its errors with a status, so they are known by their shape.
  if ('status' in cause && typeof cause.status === 'number') {
    return `${cause.status} ${('data' in cause ? wordsOf(cause.data) : undefined) ?? cause.message}`.trim();
  }
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return `${cause.message}${inner}`;
}

/** Qdrant's words in `{ status: { error } }`. */
function wordsOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('status' in data)) return undefined;
  const { status } = data;
  if (typeof status !== 'object' || status === null || !('error' in status)) return undefined;
  return typeof status.error === 'string' ? status.error : undefined;
}
