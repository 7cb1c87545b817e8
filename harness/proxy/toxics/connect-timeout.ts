import { noop } from './noop.ts';
import type { ToxicKind } from './toxic.ts';

/**
 * Connects get no answer, as where a firewall drops them: a client waits until its own limit for it. Connections that are open go on. It is
 * there for all clients or for none, so its toxicity is 1 or 0, and `stream` says nothing. The system drops the connects before we see them, so
 * nothing is counted. Done by a full queue of the system, on Linux for certain; where connects are answered all the same it is refused with 500.
 */
export const connectTimeout: ToxicKind<never> = { ...noop, type: 'connect_timeout', door: 'silent' };
