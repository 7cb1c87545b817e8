import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { GamedayError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { AsyncContexts, type Bind } from './async-contexts.ts';
import { endedBy, virtualExits, watchUncaught, type OnEnd } from './process-ends.ts';
import { closedDoors } from './real-io.ts';
import { watchRealWaits } from './real-waits.ts';
import { replaceAll, type Replacement } from './replacement.ts';
import { virtualChance } from './virtual-chance.ts';
import { virtualDate, waysToNow } from './virtual-date.ts';
import { virtualPerformance } from './virtual-performance.ts';
import { virtualTimers } from './virtual-timers.ts';
import { virtualWasm } from './virtual-wasm.ts';
import { watchCallers, type Sources } from './watch-callers.ts';

export interface VirtualGlobalsSettings {
  readonly clock: VirtualClock;
  /** Where timers are set; default on the clock itself. */
  readonly timers?: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  /** Globals of the web that stand in for the platform's, beside `fetch`; default none. */
  readonly web?: Readonly<Record<string, unknown>>;
  /**
   * Whose calls are errors, by the line of the stack of the nearest caller: those of code that is handed its clock, its chance and its
   * `fetch`. Default nobody's, since it costs a stack for each call.
   */
  readonly isHandedAll?: (frame: string) => boolean;
  /**
   * Told how the process of whoever runs just now would end: by `process.exit`, or by an error that nobody caught; gives whether it was the end of
   * somebody whom the simulation knows. Default: of nobody.
   */
  readonly onEnd?: OnEnd;
  /** Aborted when it is to come to its end soon: another one waits for that. Default: it never is. */
  readonly signal?: AbortSignal;
  /** How much virtual time may pass; default without limit. Milliseconds. */
  readonly limitMs?: number;
}

const mark = Symbol.for('gameday.virtual-globals');

/** What runs in this process just now. */
interface Running {
  readonly signal: AbortSignal | undefined;
  readonly ended: Promise<unknown>;
}

/**
 * Runs `work` on a virtual clock while every global of the platform that tells time, gives chance or reaches the network does so by what is
 * handed in, since libraries read them. Whatever happens, they are as before when this settles. Libraries that keep a reference of their own
 * from before escape that: those that wait or reach out by it are found out, those that only read time or chance by it are not. The limits are
 * listed in docs/worlds.md.
 *
 * @throws GamedayError `harness` when a simulation runs in this process already, when anything tried to reach the outside or waited in real time,
 * with the stack of who did, and when an error was caught by nobody and is nobody's end
 */
export async function withVirtualGlobals<T>(settings: VirtualGlobalsSettings, work: () => Promise<T>): Promise<T> {
  // Nothing may come between the look and the mark, or two that wait for the same one both begin.
  for (let before = runningHere(); before; before = runningHere()) await before.ended;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const running: Running = { signal: settings.signal, ended };
  const escapes: GamedayError[] = [];
  let isOver = false;
  const { exitCode } = process;
  const onEscape = (escape: GamedayError): void => void escapes.push(escape);
  const { onEnd = () => false } = settings;
  const contexts = new AsyncContexts();
  const restore = replaceAll([
    ...contexts.replacements,
    { of: globalThis, key: mark, value: running },
    ...replacements(sourcesOf(settings, onEscape), settings.clock.now(), contexts.bind),
    ...valuesOf(globalThis, settings.web ?? {}),
    ...closedDoors(onEscape, () => isOver),
    ...virtualExits(onEnd, onEscape),
  ]);
  syncBuiltinESMExports();
  const unwatch = watchRealWaits(onEscape);
  const unwatchEnds = watchUncaught((cause) => {
    const how = endedBy(cause);
    if (!onEnd(how)) onEscape(new GamedayError('harness', `The simulation would have been ${how}`, { cause }));
  });
  try {
    const result = await settings.clock.run(work(), settings.limitMs).catch((cause: unknown) => {
      // Whoever escaped is why time stands still, or why an answer never came.
      throw escapes[0] ?? cause;
    });
    const [first] = escapes;
    if (first) throw first;
    return result;
  } finally {
    isOver = true;
    unwatch();
    unwatchEnds();
    restore();
    syncBuiltinESMExports();
    process.exitCode = exitCode;
    end();
  }
}

/** One that was interrupted, as by a test that took too long, still has to heal and to stop what it began: its end is waited for. */
function runningHere(): Running | undefined {
  const running = Reflect.get(globalThis, mark) as Running | undefined;
  if (running && running.signal?.aborted !== true)
    throw new GamedayError(
      'harness',
      'A simulation runs in this process already: its time and its globals are not for two.',
      {
        hint: 'Run one after another: tests that simulate are not for it.concurrent, and each file of tests needs a process or a thread of its own.',
      },
    );
  return running;
}

function sourcesOf(settings: VirtualGlobalsSettings, onEscape: (escape: GamedayError) => void): Sources {
  const { clock, timers: timersOn = clock, random, fetch, isHandedAll } = settings;
  const sources = { clock, timers: timersOn, random, fetch };
  return isHandedAll ? watchCallers(sources, isHandedAll, onEscape) : sources;
}

function replacements(
  { clock, timers: timersOn, random, fetch }: Sources,
  originMs: number,
  bind: Bind,
): Replacement[] {
  const { globals, promises, scheduler } = virtualTimers(timersOn, bind);
  const chance = virtualChance(random, () => clock.now());
  const elapsedMs = (): number => clock.now() - originMs;
  const hrtime = Object.assign((before?: readonly [number, number]): [number, number] => sinceOf(elapsedMs(), before), {
    bigint: () => BigInt(Math.round(elapsedMs() * 1e6)),
  });
  const date = virtualDate(() => clock.now());
  return [
    ...valuesOf(globalThis, { ...globals, Date: date, fetch }),
    ...waysToNow(date),
    ...valuesOf(timers, globals),
    ...valuesOf(timersPromises, promises),
    ...valuesOf(timersPromises.scheduler, scheduler),
    ...valuesOf(performance, virtualPerformance(originMs, elapsedMs)),
    ...valuesOf(process, { hrtime, uptime: () => elapsedMs() / 1000 }),
    ...valuesOf(AbortSignal, { timeout: abortAfter(timersOn, bind) }),
    ...valuesOf(Math, { random: chance.random }),
    ...valuesOf(crypto, chance.web),
    ...valuesOf(nodeCrypto, chance.node),
    ...valuesOf(Reflect.get(globalThis, 'WebAssembly') as object, virtualWasm()),
  ];
}

function valuesOf(of: object, values: Readonly<Record<string, unknown>>): Replacement[] {
  return Object.entries(values).map(([key, value]) => ({ of, key, value }));
}

/** As `AbortSignal.timeout`: aborts with the same kind of error. */
function abortAfter(clock: Clock, bind: Bind): (delayMs: number) => AbortSignal {
  return (delayMs) => {
    const controller = new AbortController();
    clock.setTimer(
      bind(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))),
      delayMs,
    );
    return controller.signal;
  };
}

/** Seconds and nanoseconds, as `process.hrtime` gives them. */
function sinceOf(elapsedMs: number, before: readonly [number, number] = [0, 0]): [number, number] {
  const nanoseconds = Math.round(elapsedMs * 1e6) - before[0] * 1e9 - before[1];
  return [Math.floor(nanoseconds / 1e9), nanoseconds % 1e9];
}
