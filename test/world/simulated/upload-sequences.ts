import type { Step } from './link-steps.ts';

const upstream = 'upstream';
/** 256 bytes of head and 30,000 of body take 303 ms; they come in pieces of 10,000 bytes. */
const slow: Step = { atMs: 0, add: { type: 'bandwidth', attributes: { rate: 100 }, stream: upstream } };

/** What happens to the way to a server while a request with a body of 30,000 bytes goes over it. */
export const uploadSequences: Readonly<Record<string, readonly Step[]>> = {
  nothing: [],
  'what has nothing to do with it': [
    { atMs: 0, add: { type: 'noop', attributes: {}, stream: upstream } },
    { atMs: 0, add: { type: 'slow_close', attributes: { delay: 300 }, stream: upstream } },
  ],
  'a latency': [{ atMs: 0, add: { type: 'latency', attributes: { latency: 80, jitter: 0 }, stream: upstream } }],
  'a latency that comes in the middle': [
    slow,
    { atMs: 150, add: { type: 'latency', attributes: { latency: 100, jitter: 0 }, stream: upstream } },
  ],
  'a bandwidth': [slow],
  'a bandwidth that goes in the middle': [slow, { atMs: 150, remove: 'bandwidth' }],
  'a bandwidth that changes in the middle': [
    slow,
    { atMs: 150, update: { type: 'bandwidth', attributes: { rate: 50 } } },
  ],
  'a rate for all': [{ atMs: 0, add: { type: 'shared_bandwidth', attributes: { rate: 100 }, stream: upstream } }],
  'a server that is slow to accept': [
    { atMs: 0, add: { type: 'slow_accept', attributes: { delay: 260 }, stream: upstream } },
  ],
  'a black hole that closes': [{ atMs: 0, add: { type: 'timeout', attributes: { timeout: 300 }, stream: upstream } }],
  'a black hole in the middle': [
    slow,
    { atMs: 150, add: { type: 'timeout', attributes: { timeout: 200 }, stream: upstream } },
  ],
  'a black hole in the middle that is taken away': [
    slow,
    { atMs: 150, add: { type: 'timeout', attributes: { timeout: 0 }, stream: upstream } },
    { atMs: 250, remove: 'timeout' },
  ],
  'a dead direction, until that ends': [
    slow,
    { atMs: 150, add: { type: 'half_open', attributes: {}, stream: upstream } },
    { atMs: 450, remove: 'half_open' },
  ],
  'nothing either way, until that ends': [
    slow,
    { atMs: 150, add: { type: 'never_answer', attributes: {} } },
    { atMs: 450, remove: 'never_answer' },
  ],
  'an end after so many bytes': [
    { atMs: 0, add: { type: 'limit_data', attributes: { bytes: 10_000 }, stream: upstream } },
  ],
  'an end after so many bytes, in the middle of one piece': [
    slow,
    { atMs: 0, add: { type: 'limit_data', attributes: { bytes: 15_000 }, stream: upstream } },
  ],
  'a limit that it does not reach': [
    { atMs: 0, add: { type: 'limit_data', attributes: { bytes: 30_257 }, stream: upstream } },
  ],
  pieces: [
    {
      atMs: 0,
      add: {
        type: 'slicer',
        attributes: { average_size: 3000, size_variation: 500, delay: 20_000 },
        stream: upstream,
      },
    },
  ],
  'a loss of all': [
    { atMs: 0, add: { type: 'packet_loss', attributes: { loss_rate: 1, correlation: 0 }, stream: upstream } },
    { atMs: 300, disable: true },
  ],
  'a piece that is lost in the middle': [
    slow,
    { atMs: 150, add: { type: 'packet_loss', attributes: { loss_rate: 1, correlation: 0 }, stream: upstream } },
    { atMs: 250, remove: 'packet_loss' },
    { atMs: 600, disable: true },
  ],
  'changed bytes, by the same chance': [
    { atMs: 0, add: { type: 'corrupt', attributes: { rate: 0.001 }, stream: upstream } },
  ],
  'changed bytes from the middle on': [
    slow,
    { atMs: 150, add: { type: 'corrupt', attributes: { rate: 0.01 }, stream: upstream } },
  ],
  'a head that nobody can read': [{ atMs: 0, add: { type: 'corrupt', attributes: { rate: 1 }, stream: upstream } }],
  'a reset': [slow, { atMs: 150, add: { type: 'reset_peer', attributes: { timeout: 100 }, stream: upstream } }],
  'a reset whatever happens': [slow, { atMs: 0, add: { type: 'reset_after', attributes: { delay: 150 } } }],
  'a close after a while': [slow, { atMs: 0, add: { type: 'close_after', attributes: { delay: 150 } } }],
  'a link that is disabled in the middle': [slow, { atMs: 150, disable: true }],
};
