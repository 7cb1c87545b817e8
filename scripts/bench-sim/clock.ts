import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { Figure } from './figure.ts';

const timers = 1_000_000;
/** So many wait at a time, as many as a busy simulated world has. */
const waiting = 1000;

/**
 * The bare clock, without a world: a thousand timers that set themselves anew until a million have fired, then the same with as many
 * that are set and cancelled beside, then with a promise that each of them keeps waiting.
 */
export async function measureClock(): Promise<readonly Figure[]> {
  await ring({ count: timers / 10 });
  const bare = await ring({ count: timers });
  const cancelled = await ring({ count: timers, cancelled: true });
  const sleeping = await sleepers(timers / 2);
  const turns = await turnsPerSecond(timers / 2);
  return [
    { name: 'timers set and fired', value: bare, unit: '/s', bar: { atLeast: 500_000 } },
    { name: 'the same, each beside one that is cancelled', value: cancelled, unit: '/s', bar: { atLeast: 500_000 } },
    { name: 'sleeps awaited', value: sleeping, unit: '/s' },
    { name: 'turns of the event loop alone, in batches as the clock takes them', value: turns, unit: '/s' },
    { name: 'share of a timer that its turn takes', value: (100 * bare) / turns, unit: '%' },
  ];
}

async function ring({ count, cancelled = false }: { count: number; cancelled?: boolean }): Promise<number> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const delaysMs = Array.from({ length: 4096 }, () => random.next() * 1000);
  let set = 0;
  let fired = 0;
  const delayMs = (): number => delaysMs[set++ % delaysMs.length] ?? 0;
  const fire = (): void => {
    fired++;
    if (cancelled) clock.setTimer(fire, delayMs()).cancel();
    if (fired + waiting <= count) clock.setTimer(fire, delayMs());
  };
  for (let index = 0; index < waiting; index++) clock.setTimer(fire, delayMs());
  const began = performance.now();
  await clock.advance(1e9);
  return (fired * 1000) / (performance.now() - began);
}

async function sleepers(count: number): Promise<number> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const each = async (): Promise<void> => {
    for (let slept = 0; slept < count / waiting; slept++) await clock.sleep(random.next() * 1000);
  };
  const began = performance.now();
  await clock.run(Promise.all(Array.from({ length: waiting }, each)));
  return (count * 1000) / (performance.now() - began);
}

/** What the platform does at best: the turns, with nothing in them. */
function turnsPerSecond(count: number): Promise<number> {
  const perBatch = 64;
  return new Promise((resolve) => {
    const began = performance.now();
    let taken = 0;
    const batch = (): void => {
      for (let index = 0; index < perBatch; index++) setImmediate(turn);
    };
    const turn = (): void => {
      taken++;
      if (taken % perBatch > 0) return;
      if (taken >= count) resolve((taken * 1000) / (performance.now() - began));
      else batch();
    };
    batch();
  });
}
