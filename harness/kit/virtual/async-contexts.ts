import { AsyncLocalStorage } from 'node:async_hooks';
import type { Replacement } from './replacement.ts';

/** The ways into a storage, and out of it. */
const entrances = ['run', 'enterWith', 'exit'] as const;

/**
 * What an `AsyncLocalStorage` holds for whoever sets a timer, it holds for the timer's callback: the platform keeps it so, and traces of requests hang on it.
 * To keep it costs microseconds with each timer, so it is kept from when a storage is used for the first time; what is in one before the simulation
 * begins is there throughout.
 */
export class AsyncContexts {
  #isUsed = false;
  /** Of the platform's, while the simulation lasts. */
  readonly replacements: readonly Replacement[];

  constructor() {
    this.replacements = entrances.map((key) => {
      const enter = Reflect.get(AsyncLocalStorage.prototype, key) as (this: unknown, ...values: unknown[]) => unknown;
      const used = (): void => void (this.#isUsed = true);
      const value = function (this: unknown, ...values: unknown[]): unknown {
        if (!(this instanceof OwnStorage)) used();
        return Reflect.apply(enter, this, values);
      };
      return { of: AsyncLocalStorage.prototype, key, value };
    });
  }

  /** The callback, as one that runs in the context of who calls this. */
  readonly bind: Bind = (callback) => (this.#isUsed ? AsyncLocalStorage.bind(callback) : callback);
}

/** A callback that runs in the context of whoever has it bound. */
export type Bind = <Callback extends (...values: never[]) => unknown>(callback: Callback) => Callback;

/** A storage of the harness itself, for which its own code cares: it makes no timer slower. */
export class OwnStorage<Value> extends AsyncLocalStorage<Value> {}
