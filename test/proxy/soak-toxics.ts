import type { Random } from '../../harness/kit/random.ts';
import { anyKinds } from '../../harness/proxy/kinds.ts';
import { certificateFlaws } from '../../harness/proxy/tls/handshake-fault.ts';

/**
 * What a proxy's toxics may do to the bytes: nothing but cut the stream off, flip bits, or leave chunks out; or what they like to answers of HTTP. With
 * `tls` they are cut off, too, or there is no handshake: it is spoken on both sides of the proxy.
 */
export const links = ['whole', 'flipped', 'gaps', 'http', 'tls'] as const;
export type Link = (typeof links)[number];

/** One place where a type comes, changes and goes. */
interface SoakToxic {
  readonly link: Link;
  readonly type: string;
  /** Default a half. */
  readonly toxicity?: number;
  /** Where it has no choice; default one or the other. */
  readonly stream?: 'downstream';
  readonly isDoor?: true;
  /** It only meets who comes while it is there. */
  readonly isForComers?: true;
  attributes(random: Random): Record<string, number | string>;
}

/** Milliseconds are short, so that connections come and go; what closes or loses is done to a few. */
export const soakToxics: readonly SoakToxic[] = [
  { link: 'tls', type: 'tls_stall', isForComers: true, toxicity: 0.2, stream: 'downstream', attributes: () => ({}) },
  { link: 'tls', type: 'bad_certificate', isForComers: true, toxicity: 0.1, stream: 'downstream', attributes: (random) => ({ fault: certificateFlaws[random.integer(0, certificateFlaws.length - 1)] ?? '' }) },
  { link: 'tls', type: 'tls_cut', isForComers: true, toxicity: 0.1, stream: 'downstream', attributes: () => ({}) },
  { link: 'tls', type: 'latency', attributes: (random) => ({ latency: random.integer(0, 80), jitter: random.integer(0, 40) }) },
  { link: 'tls', type: 'timeout', toxicity: 0.05, attributes: (random) => ({ timeout: random.integer(0, 200) }) },
  { link: 'tls', type: 'reset_peer', toxicity: 0.05, attributes: (random) => ({ timeout: random.integer(0, 100) }) },
  { link: 'tls', type: 'limit_data', toxicity: 0.1, attributes: (random) => ({ bytes: random.integer(0, 20_000) }) },
  { link: 'tls', type: 'close_after', toxicity: 0.1, attributes: (random) => ({ delay: random.integer(0, 300) }) },
  { link: 'whole', type: 'latency', attributes: (random) => ({ latency: random.integer(0, 80), jitter: random.integer(0, 40) }) },
  { link: 'whole', type: 'bandwidth', attributes: (random) => ({ rate: random.integer(0, 500) }) },
  { link: 'whole', type: 'slow_close', attributes: (random) => ({ delay: random.integer(0, 100) }) },
  { link: 'whole', type: 'timeout', toxicity: 0.05, attributes: (random) => ({ timeout: random.integer(0, 200) }) },
  { link: 'whole', type: 'reset_peer', toxicity: 0.05, attributes: (random) => ({ timeout: random.integer(0, 100) }) },
  { link: 'whole', type: 'slicer', attributes: (random) => ({ average_size: random.integer(1000, 4000), size_variation: 100, delay: random.integer(0, 2000) }) },
  { link: 'whole', type: 'limit_data', toxicity: 0.1, attributes: (random) => ({ bytes: random.integer(0, 20_000) }) },
  { link: 'whole', type: 'slow_accept', attributes: (random) => ({ delay: random.integer(0, 150) }) },
  { link: 'whole', type: 'close_after', toxicity: 0.1, attributes: (random) => ({ delay: random.integer(0, 300) }) },
  { link: 'whole', type: 'reset_after', toxicity: 0.05, attributes: (random) => ({ delay: random.integer(0, 300) }) },
  { link: 'whole', type: 'half_open', toxicity: 0.05, attributes: () => ({}) },
  { link: 'whole', type: 'never_answer', toxicity: 0.05, attributes: () => ({}) },
  { link: 'whole', type: 'shared_bandwidth', attributes: (random) => ({ rate: random.integer(1000, 3000) }) },
  { link: 'whole', type: 'refuse', isDoor: true, attributes: () => ({}) },
  { link: 'whole', type: 'connect_timeout', isDoor: true, attributes: () => ({}) },
  { link: 'whole', type: 'noop', attributes: () => ({}) },
  { link: 'flipped', type: 'corrupt', attributes: (random) => ({ rate: random.next() / 100 }) },
  { link: 'gaps', type: 'packet_loss', attributes: (random) => ({ loss_rate: random.next() / 5, correlation: random.next() / 2 }) },
  { link: 'http', type: 'http_status', toxicity: 0.1, attributes: (random) => ({ status: random.integer(400, 599), vendor: 'openai' }) },
  { link: 'http', type: 'http_latency', attributes: (random) => ({ latency: random.integer(1, 80) }) },
  { link: 'http', type: 'http_slow_body', attributes: (random) => ({ delay: random.integer(1, 20) }) },
  { link: 'http', type: 'http_cut', toxicity: 0.1, attributes: (random) => ({ bytes: random.integer(0, 200), how: random.next() < 0.5 ? 'close' : 'reset' }) },
  { link: 'http', type: 'stream_late', attributes: (random) => ({ delay: random.integer(1, 80) }) },
  { link: 'http', type: 'stream_slow', attributes: (random) => ({ delay: random.integer(5, 20) }) },
  { link: 'http', type: 'stream_stall', toxicity: 0.1, attributes: (random) => ({ events: random.integer(0, 4), stall: random.integer(1, 100) }) },
  { link: 'http', type: 'stream_cut', toxicity: 0.1, attributes: (random) => ({ events: random.integer(0, 4), how: random.next() < 0.5 ? 'end' : 'done' }) },
  { link: 'http', type: 'stream_drop', toxicity: 0.1, attributes: (random) => ({ event: random.integer(1, 4) }) },
  { link: 'http', type: 'stream_duplicate', toxicity: 0.1, attributes: (random) => ({ event: random.integer(1, 4) }) },
  { link: 'http', type: 'stream_heartbeat', toxicity: 0.05, attributes: (random) => ({ events: random.integer(0, 4), interval: 20 }) },
  { link: 'http', type: 'http_length', toxicity: 0.1, attributes: (random) => ({ difference: random.integer(1, 20) * (random.next() < 0.5 ? 1 : -1) }) },
  { link: 'http', type: 'stream_unfinished', toxicity: 0.1, attributes: () => ({ missing: 'both' }) },
  { link: 'http', type: 'stream_reorder', toxicity: 0.1, attributes: (random) => ({ event: random.integer(1, 4) }) },
  { link: 'http', type: 'stream_garble', toxicity: 0.1, attributes: (random) => ({ event: random.integer(1, 4) }) },
  { link: 'http', type: 'stream_error', toxicity: 0.1, attributes: (random) => ({ events: random.integer(0, 4), vendor: random.next() < 0.5 ? 'vllm' : 'anthropic' }) },
]; // prettier-ignore

/** They leave what passes alone, or nobody tells us what they did. */
const typesWithoutReceipt = ['noop', 'refuse', 'connect_timeout'];

/** The types that do something which is counted. Throws where the proxy has a type that the soak does not. */
export function typesThatCount(): readonly string[] {
  const types = anyKinds.map(({ type }) => type);
  const missing = types.filter((type) => !soakToxics.some((toxic) => toxic.type === type));
  if (missing.length > 0) throw new Error(`The soak has no ${missing.join(', ')}. Please add it in soak-toxics.ts.`);
  return types.filter((type) => !typesWithoutReceipt.includes(type)).toSorted();
}
