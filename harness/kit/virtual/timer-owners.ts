/** So many of them are told, those with the most timers first. */
const told = 3;

/** What stands between whoever sets a timer and the clock. */
const ours = /[/]harness[/](kit[/]virtual|world[/]simulated[/])/;

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
      .filter((line) => !ours.test(line))
      .slice(0, 6)
      .join('\n');
    const owner = this.#byStack.get(stack);
    if (owner) Object.assign(owner, { count: owner.count + 1, nextDueMs: dueMs });
    else this.#byStack.set(stack, { count: 1, nextDueMs: dueMs });
  }

  describe(): readonly string[] {
    return [...this.#byStack]
      .toSorted(([, left], [, right]) => right.count - left.count)
      .slice(0, told)
      .map(([stack, { count, nextDueMs }]) => `${count} times, next due at ${Math.round(nextDueMs)} ms:\n${stack}`);
  }
}
