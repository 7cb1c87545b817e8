import { pathToFileURL } from 'node:url';
import { siblingModule } from '../../../harness/kit/sibling-module.ts';
import type { PartSpec } from '../../../harness/world/types.ts';
import { parseCrmSettings } from './settings.ts';

/**
 * A CRM whose feed of changes the target follows.
 *
 * @param settings.quotaPerSecond records per second that it lets through
 * @param settings.changesPerSecond changes per second from the start of the load on
 * @param settings.concurrency calls at the same time, default 8
 * @param settings.latencyMs service time of a call, default 15
 * @param settings.pollsPerSecond pages of the export per second, default 5
 */
export function crm(settings: {
  quotaPerSecond: number;
  changesPerSecond: number;
  concurrency?: number;
  latencyMs?: number;
  pollsPerSecond?: number;
}): PartSpec {
  return {
    name: 'crm',
    role: 'source',
    protocol: 'http',
    module: pathToFileURL(siblingModule(import.meta.url, './create-part')).href,
    settings: parseCrmSettings(settings),
    variables: { CRM_BASE_URL: '{origin}', CRM_TOKEN: 'gameday-not-a-token' },
  };
}
