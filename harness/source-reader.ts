import { z } from 'zod';
import type { StartedPart } from './world/types.ts';

const Item = z.object({ id: z.string(), version: z.number(), atMs: z.number() });
const Answer = z.object({ items: z.array(Item), next: z.number().exactOptional() });

/** Reads everything at a source. What was read before is not read again where the source can say what has changed since. */
export function sourceReader(
  part: Pick<StartedPart, 'admin'> | undefined,
): () => Promise<readonly z.infer<typeof Item>[]> {
  const known = new Map<string, z.infer<typeof Item>>();
  let after = 0;
  return async () => {
    const answer = Answer.parse(await part?.admin('GET', `/state?after=${after}`));
    if (answer.next === undefined) return answer.items;
    for (const item of answer.items) if (item.version >= (known.get(item.id)?.version ?? 0)) known.set(item.id, item);
    after = Math.max(after, answer.next);
    return [...known.values()];
  };
}
