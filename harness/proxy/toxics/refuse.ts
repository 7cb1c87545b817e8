import { noop } from './noop.ts';
import type { ToxicKind } from './toxic.ts';

/**
 * The port of the proxy is closed: whoever connects is refused by the system (ECONNREFUSED). Connections that are open go on, unlike when the
 * proxy is disabled. It is there for all clients or for none, so its toxicity is 1 or 0, and `stream` says nothing. The system refuses in
 * our place and tells nobody, so nothing is counted.
 */
export const refuse: ToxicKind<never> = { ...noop, type: 'refuse', door: 'refusing' };
