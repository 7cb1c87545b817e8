import { Cleanup } from '../kit/lifecycle.ts';
import { openUndoJournal } from '../safety/undo-journal.ts';
import { createChildGroup } from './child-group.ts';
import { directVariables, targetEnvironment, type Address } from './environment.ts';
import { checkParts, checkTarget } from './check-world.ts';
import { freePort } from './free-port.ts';
import { openLink, type OpenLink, type StartedProxy } from './links.ts';
import type { Ground, LocalWorldOptions } from './local-options.ts';
import { runningWorld, type LocalWorld, type PlacedTarget } from './running-world.ts';
import { startPart, startProxy, type RunningPart } from './start-parts.ts';
import { launchTarget, waitForTarget } from './start-target.ts';
import { togetherOrNot } from './together.ts';

export type { LocalWorldOptions } from './local-options.ts';
export type { LocalWorld } from './running-world.ts';

/**
 * Starts the fault proxy and the parts side by side, links them, and starts the target among them. When anything fails, all that has
 * started is stopped again.
 *
 * @throws GamedayError `bad-config`, `refused-target`, `part-not-ready`, `target-not-ready`, `disk`; or the reason of `options.signal`
 */
export async function startLocalWorld(options: LocalWorldOptions): Promise<LocalWorld> {
  checkParts(options.parts);
  const given = checkTarget(options.target);
  options.signal.throwIfAborted();

  const cleanup = new Cleanup();
  try {
    const undo = await openUndoJournal(options);
    cleanup.add('the undo journal', () => undo.close());
    const children = createChildGroup(options.clock, undo);
    cleanup.use('the processes', children);
    const ground = { options, undo, children };

    const [proxy, ...parts] = await togetherOrNot(
      options.signal,
      (signal): readonly [Promise<StartedProxy>, ...Promise<RunningPart>[]] => [
        startProxy({ ...ground, signal }),
        ...options.parts.map((spec) => startPart(spec, { ...ground, signal })),
      ],
    );
    const links = await Promise.all(parts.map((part) => linkPart(part, proxy, { ...ground, signal: options.signal })));
    const target = await startTarget({ ...ground, signal: options.signal }, { proxy, parts, links, given });
    return runningWorld({ ...ground, proxy, parts, links, ...target, stop: () => cleanup.stop() });
  } catch (cause) {
    // What went wrong first is what the person has to hear of.
    await cleanup.stop().catch(() => undefined);
    throw cause;
  }
}

function linkPart(part: RunningPart, proxy: StartedProxy, { undo }: Ground): Promise<OpenLink> {
  return openLink({
    ...{ proxy, undo, from: 'target', to: part.spec.name },
    upstream: `${part.host}:${part.port}`,
    variables: Object.keys(part.spec.variables),
  });
}

async function startTarget(
  ground: Ground,
  world: { proxy: StartedProxy; parts: readonly RunningPart[]; links: readonly OpenLink[]; given: Address | null },
): Promise<PlacedTarget> {
  const { options, undo } = ground;
  const { target } = options;
  const address = world.given ?? { host: '127.0.0.1', port: await freePort() };
  const upstream = `${address.host}:${address.port}`;
  const front = await openLink({ proxy: world.proxy, undo, from: 'conductor', to: 'target', upstream, variables: [] });
  const environment = targetEnvironment({
    person: process.env,
    ...{ target, parts: options.parts, port: address.port, otlpUrl: options.otlpUrl, defect: options.defect },
    links: byName(world.links.map((link) => [link.link.name, link])),
  });
  const running = target.start.kind === 'command' ? await launchTarget(target.start, environment, ground) : null;
  await waitForTarget(`http://${upstream}`, running, ground);
  options.onProgress?.(`${target.name} is ready`);
  const direct = directVariables(options.parts, byName(world.parts.map((part) => [part.spec.name, part])), target);
  return { front, running, direct, directUrl: `http://${upstream}` };
}

function byName(pairs: readonly (readonly [string, Address])[]): ReadonlyMap<string, Address> {
  return new Map(pairs);
}
