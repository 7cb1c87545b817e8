/** A client of the fault proxy, its toxics with their types; listed by hand. */
export { addToxicBy } from './add-toxic-by.ts';
export { ProxyRefusal } from './call-api.ts';
export type { PlacedProxy, PlacedToxic, ToxicReceipt, TrafficByProxy } from './client-answers.ts';
export {
  ProxyClient,
  type AddedToxic,
  type ProxyChange,
  type ProxyClientSettings,
  type ProxySettings,
} from './proxy-client.ts';
export type { AnyToxic, RequestMatcher, Toxic, ToxicAttributes, ToxicType } from './toxic-types.ts';
