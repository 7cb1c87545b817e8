import type { AnyToxic } from './toxic-types.ts';

/**
 * Adds a toxic of any type by a proxy of another client of the API, as `toxiproxy-node-client`, whose types know Toxiproxy's own only. Gives what that
 * client gives, and fails as it does.
 */
export function addToxicBy<Added>(proxy: { addToxic(body: never): Promise<Added> }, toxic: AnyToxic): Promise<Added> {
  return proxy.addToxic(toxic as never);
}
