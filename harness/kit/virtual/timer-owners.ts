import { isOwnCaller } from '../own-callers.ts';

/** So many of them are told. */
const told = 5;

/** What stands between whoever sets a timer and the clock. */
const between = /[/]harness[/](kit[/]virtual|world[/]simulated[/])/;

/** Who sets timers, told apart by their stacks. Each stack costs some microseconds, so none is taken before something has gone wrong. */
export class TimerOwners {
  readonly #byStack = new Map<string, { count: number; nextDueMs: number }>();
  #count = 0;

  /** How many timers have been looked at. */
  get count(): number {
    return this.#count;
  }

  /** Looks at who is setting a timer; `dueMs` as a person is to be told of it. */
  note(dueMs: number): void {
    this.#count += 1;
    const stack = (new Error().stack ?? '')
      .split('\n')
      .slice(1)
      .filter((line) => !between.test(line))
      .slice(0, 6)
      .join('\n');
    const owner = this.#byStack.get(stack);
    if (owner) Object.assign(owner, { count: owner.count + 1, nextDueMs: dueMs });
    else this.#byStack.set(stack, { count: 1, nextDueMs: dueMs });
  }

  /** Those outside of our own folders first, then those with the most timers: what observes a run sets many, and is seldom why it does not end. */
  describe(): readonly string[] {
    return [...this.#byStack]
      .map(([stack, owner]) => ({ ...owner, stack, isOurs: isOurs(stack) }))
      .toSorted((left, right) => Number(left.isOurs) - Number(right.isOurs) || right.count - left.count)
      .slice(0, told)
      .map(({ stack, count, nextDueMs }) => `${count} times, next due at ${Math.round(nextDueMs)} ms:\n${stack}`);
  }
}

/** Whether the nearest caller is in our own folders, past the platform and what hands timers on. */
function isOurs(stack: string): boolean {
  const nearest = stack.split('\n').find((line) => !/node:|<anonymous>\)?$|[/]harness[/]kit[/]/.test(line));
  return nearest !== undefined && isOwnCaller(nearest);
}
