import { pathToFileURL } from 'node:url';
import { siblingModule } from '../../../harness/kit/sibling-module.ts';
import type { PartSpec } from '../../../harness/world/types.ts';

/**
 * A vector store that speaks Qdrant's REST wire, in memory.
 *
 * @param settings.name its name in the world, default `vector-store`
 * @param settings.latencyMs service time of a call, default 1
 */
export function qdrant({ name = 'vector-store', ...settings }: { name?: string; latencyMs?: number } = {}): PartSpec {
  return {
    name,
    role: 'store',
    protocol: 'http',
    module: pathToFileURL(siblingModule(import.meta.url, './create-part')).href,
    settings: { ...settings },
    variables: { QDRANT_URL: '{origin}' },
  };
}
