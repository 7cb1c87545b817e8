import { GamedayError } from '../kit/errors.ts';
import { checkTargetAddress } from '../safety/target-address.ts';
import type { Address } from './environment.ts';
import type { TargetConfig } from './target.ts';
import type { PartSpec } from './types.ts';

/** Names that mean something else in a world: its links, processes and output files are named after the parts. */
const reserved = ['target', 'fault-proxy'];

/** @throws GamedayError `bad-config` listing every part that cannot be named as it is */
export function checkParts(parts: readonly PartSpec[]): void {
  const names = parts.map((part) => part.name);
  const problems = names.flatMap((name, index) => {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) return [`A part cannot be called "${name}": use kebab-case.`];
    if (reserved.includes(name)) return [`A part cannot be called "${name}": the world uses this name itself.`];
    return names.indexOf(name) < index ? [`Two parts are called "${name}".`] : [];
  });
  if (problems.length > 0) throw new GamedayError('bad-config', problems.join(' '), { problems });
}

/**
 * Where a target is that runs already; null for one that is to be started, which will listen on this machine.
 *
 * @throws GamedayError `refused-target`; `bad-config` when there is a path in its URL, which nobody would ask for
 */
export function checkTarget(target: TargetConfig): Address | null {
  if (target.start.kind === 'command') return null;
  const { hostname, port } = checkTargetAddress(target.start.url, target.allowHosts ?? []);
  const { pathname, search } = new URL(target.start.url);
  if (pathname !== '/' || search !== '') {
    const hint = `Put ${pathname}${search} into the paths of the operations and of "ready": those are asked.`;
    throw new GamedayError('bad-config', `start.url of ${target.name} has a path: ${pathname}${search}. ${hint}`, {
      hint,
    });
  }
  return { host: hostname, port };
}
