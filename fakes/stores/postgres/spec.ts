import { pathToFileURL } from 'node:url';
import { siblingModule } from '../../../harness/kit/sibling-module.ts';
import type { PartSpec } from '../../../harness/world/types.ts';

/** PostgreSQL with pgvector, embedded: the target hears of it as `DATABASE_URL`. Empty at the start of every run. */
export function postgres(): PartSpec {
  return {
    name: 'vector-store',
    role: 'store',
    protocol: 'tcp',
    module: pathToFileURL(siblingModule(import.meta.url, './start-part')).href,
    settings: {},
    variables: { DATABASE_URL: 'postgres://postgres:postgres@{host}:{port}/postgres?sslmode=disable' },
  };
}
