import { Cleanup } from '../kit/lifecycle.ts';
import { checkParts, checkTarget } from './check-world.ts';
import { directVariables, targetEnvironment, type Address } from './environment.ts';
import type { Host, RunningPart, TargetControl } from './host.ts';
import { openLink, type OpenLink, type StartedProxy } from './links.ts';
import { runningWorld, type PlacedTarget, type World } from './running-world.ts';
import { togetherOrNot } from './together.ts';
import { waitForTarget } from './wait-for-target.ts';
import type { WorldOptions } from './world-options.ts';

/**
 * Starts the fault proxy and the parts side by side, links them, and starts the target among them. When anything fails, all that has
 * started is stopped again.
 *
 * @param openHost opens where all that is to run; it is stopped with the world
 * @throws GamedayError `bad-config`, `refused-target`, `part-not-ready`, `target-not-ready`, `disk`; or the reason of `options.signal`
 */
export async function startWorld(options: WorldOptions, openHost: () => Promise<Host>): Promise<World> {
  checkParts(options.parts);
  const given = checkTarget(options.target);
  options.signal.throwIfAborted();

  const cleanup = new Cleanup();
  try {
    const host = cleanup.use('the host', await openHost());
    const [proxy, ...parts] = await togetherOrNot(
      options.signal,
      (signal): readonly [Promise<StartedProxy>, ...Promise<RunningPart>[]] => [
        host.startProxy(signal),
        ...options.parts.map((spec) => host.startPart(spec, signal)),
      ],
    );
    const links = await Promise.all(parts.map((part) => linkPart(part, proxy, host)));
    const target = await startTarget(options, host, { proxy, parts, links, given });
    return runningWorld({ ...{ options, host, proxy, parts, links }, ...target, stop: () => cleanup.stop() });
  } catch (cause) {
    // What went wrong first is what the person has to hear of.
    await cleanup.stop().catch(() => undefined);
    throw cause;
  }
}

function linkPart(part: RunningPart, proxy: StartedProxy, { undo }: Host): Promise<OpenLink> {
  return openLink({
    ...{ proxy, undo, from: 'target', to: part.spec.name },
    upstream: `${part.host}:${part.port}`,
    variables: Object.keys(part.spec.variables),
    tls: part.spec.tls === true,
  });
}

async function startTarget(
  options: WorldOptions,
  host: Host,
  world: { proxy: StartedProxy; parts: readonly RunningPart[]; links: readonly OpenLink[]; given: Address | null },
): Promise<PlacedTarget> {
  const { target, signal } = options;
  const address = world.given ?? (await host.targetAddress());
  const upstream = `${address.host}:${address.port}`;
  const { proxy } = world;
  const front = await openLink({
    ...{ proxy, undo: host.undo, from: 'conductor', to: 'target', upstream, variables: [] },
  });
  const hasTls = options.parts.some((part) => part.tls === true);
  const trust = hasTls ? await host.trust(await proxy.client.authority()) : {};
  const environment = targetEnvironment({
    person: process.env,
    trust,
    ...{ target, parts: options.parts, port: address.port, otlpUrl: options.otlpUrl, defect: options.defect },
    links: byName(world.links.map((link) => [link.link.name, link])),
  });
  options.onProgress?.(`waiting for ${target.name}`);
  const running = world.given ? null : await host.launchTarget({ environment, address, signal });
  const untilReady = (): Promise<void> =>
    waitForTarget(`http://${upstream}`, running, { caller: host.caller, target, signal });
  await untilReady();
  options.onProgress?.(`${target.name} is ready`);
  const direct = directVariables(options.parts, byName(world.parts.map((part) => [part.spec.name, part])), target);
  const control = running?.control ? restartingWhenReady(running.control, untilReady) : null;
  return { front, running, control, direct, directUrl: `http://${upstream}` };
}

function restartingWhenReady(control: TargetControl, untilReady: () => Promise<void>): TargetControl {
  return {
    kill: () => control.kill(),
    pause: () => control.pause(),
    resume: () => control.resume(),
    restart: async () => {
      await control.restart();
      await untilReady();
    },
  };
}

function byName(pairs: readonly (readonly [string, Address])[]): ReadonlyMap<string, Address> {
  return new Map(pairs);
}
