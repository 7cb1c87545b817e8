import type { Step } from './link-steps.ts';

/** What happens to a link while an answer of six chunks, 100 ms apart, comes through it. */
export const linkSequences: Readonly<Record<string, readonly Step[]>> = {
  nothing: [],
  'a latency from the start on': [{ atMs: 0, add: { type: 'latency', attributes: { latency: 80, jitter: 0 } } }],
  'a latency on the way to the server': [
    { atMs: 0, add: { type: 'latency', attributes: { latency: 80, jitter: 0 }, stream: 'upstream' } },
  ],
  'a latency that comes and goes': [
    { atMs: 250, add: { type: 'latency', attributes: { latency: 1000, jitter: 0 } } },
    { atMs: 450, remove: 'latency' },
  ],
  'a latency that changes': [
    { atMs: 0, add: { type: 'latency', attributes: { latency: 40, jitter: 0 } } },
    { atMs: 250, update: { type: 'latency', attributes: { latency: 170, jitter: 0 } } },
  ],
  'a bandwidth that is too small': [{ atMs: 0, add: { type: 'bandwidth', attributes: { rate: 40 } } }],
  'a bandwidth that comes and goes': [
    { atMs: 250, add: { type: 'bandwidth', attributes: { rate: 20 } } },
    { atMs: 650, remove: 'bandwidth' },
  ],
  'a latency and a bandwidth': [
    { atMs: 0, add: { type: 'bandwidth', attributes: { rate: 80 } } },
    { atMs: 0, add: { type: 'latency', attributes: { latency: 120, jitter: 0 } } },
  ],
  'a black hole that closes': [{ atMs: 250, add: { type: 'timeout', attributes: { timeout: 300 } } }],
  'a black hole that is taken away': [
    { atMs: 250, add: { type: 'timeout', attributes: { timeout: 0 } } },
    { atMs: 620, remove: 'timeout' },
  ],
  'a reset': [{ atMs: 250, add: { type: 'reset_peer', attributes: { timeout: 0 } } }],
  'a reset after a while': [{ atMs: 250, add: { type: 'reset_peer', attributes: { timeout: 120 } } }],
  'a link that is half open: nothing comes back any more, until that ends': [
    { atMs: 250, add: { type: 'timeout', attributes: { timeout: 0 }, stream: 'downstream' } },
    { atMs: 450, add: { type: 'latency', attributes: { latency: 10, jitter: 0 }, stream: 'upstream' } },
    { atMs: 620, remove: 'timeout' },
  ],
  'a rate for all, which one connection has to itself': [
    { atMs: 0, add: { type: 'shared_bandwidth', attributes: { rate: 40 } } },
    { atMs: 450, update: { type: 'shared_bandwidth', attributes: { rate: 80 } } },
  ],
  'a rate for all that comes and goes': [
    { atMs: 250, add: { type: 'shared_bandwidth', attributes: { rate: 20 } } },
    { atMs: 650, remove: 'shared_bandwidth' },
  ],
  'an answer that never comes, until that ends': [
    { atMs: 0, add: { type: 'never_answer', attributes: {} } },
    { atMs: 450, remove: 'never_answer' },
  ],
  'nothing either way in the middle of an answer': [
    { atMs: 250, add: { type: 'never_answer', attributes: {} } },
    { atMs: 450, remove: 'never_answer' },
  ],
  'a dead direction: what the server sends never arrives, nor that it has ended': [
    { atMs: 250, add: { type: 'half_open', attributes: {} } },
    { atMs: 950, remove: 'half_open' },
  ],
  'a dead direction to the server, over which nothing has to go any more': [
    { atMs: 250, add: { type: 'half_open', attributes: {}, stream: 'upstream' } },
  ],
  'a reset whatever happens': [{ atMs: 150, add: { type: 'reset_after', attributes: { delay: 100 } } }],
  'a door that is shut while somebody is inside': [
    { atMs: 250, add: { type: 'refuse', attributes: {} } },
    { atMs: 450, remove: 'refuse' },
  ],
  'a door that is shut': [{ atMs: 0, add: { type: 'refuse', attributes: {} } }],
  'a server that is slow to accept': [{ atMs: 0, add: { type: 'slow_accept', attributes: { delay: 260 } } }],
  'a request that waits for its server to accept': [
    { atMs: 0, add: { type: 'slow_accept', attributes: { delay: 260 }, stream: 'upstream' } },
  ],
  'a server that is slow to accept, less and less': [
    { atMs: 0, add: { type: 'slow_accept', attributes: { delay: 2000 } } },
    { atMs: 250, update: { type: 'slow_accept', attributes: { delay: 360 } } },
  ],
  'an end of the connection that comes late, which is no end of an answer': [
    { atMs: 0, add: { type: 'slow_close', attributes: { delay: 300 } } },
  ],
  'an end of the connection that comes late to the server': [
    { atMs: 250, add: { type: 'slow_close', attributes: { delay: 300 }, stream: 'upstream' } },
  ],
  'a close after a while': [{ atMs: 0, add: { type: 'close_after', attributes: { delay: 250 } } }],
  'a close a while after it came to the connection': [
    { atMs: 150, add: { type: 'close_after', attributes: { delay: 200 }, stream: 'upstream' } },
  ],
  'a close that is called off': [
    { atMs: 0, add: { type: 'close_after', attributes: { delay: 250 } } },
    { atMs: 150, remove: 'close_after' },
  ],
  'a door that does not answer, until it does': [
    { atMs: 0, add: { type: 'connect_timeout', attributes: {} } },
    { atMs: 550, remove: 'connect_timeout' },
  ],
  'a link that refuses': [{ atMs: 0, disable: true }],
  'a link that is disabled': [{ atMs: 250, disable: true }],
  'what does nothing': [{ atMs: 0, add: { type: 'noop', attributes: {} } }],
  'chunks that are lost': [
    { atMs: 250, add: { type: 'packet_loss', attributes: { loss_rate: 1, correlation: 0 } } },
    { atMs: 450, remove: 'packet_loss' },
  ],
  'a head that is lost': [
    { atMs: 0, add: { type: 'packet_loss', attributes: { loss_rate: 1, correlation: 0 } } },
    { atMs: 150, remove: 'packet_loss' },
  ],
  'changed bytes, of which nobody can say where the body ends': [
    { atMs: 250, add: { type: 'corrupt', attributes: { rate: 1 } } },
  ],
  'a head that nobody can read': [{ atMs: 0, add: { type: 'corrupt', attributes: { rate: 1 } } }],
  'an end after so many bytes from the middle on': [
    { atMs: 250, add: { type: 'limit_data', attributes: { bytes: 7000 } } },
  ],
};

/** The same, to an answer whose head says how long it is, so that each byte has the same place in the stream in both worlds: chance goes by that. */
export const linkSequencesOfKnownLength: Readonly<Record<string, readonly Step[]>> = {
  'a latency with jitter, by the same chance': [
    { atMs: 0, add: { type: 'latency', attributes: { latency: 60, jitter: 30 } } },
  ],
  'changed bytes, by the same chance': [
    { atMs: 250, add: { type: 'corrupt', attributes: { rate: 0.001 } } },
    { atMs: 450, update: { type: 'corrupt', attributes: { rate: 0.05 } } },
    { atMs: 550, remove: 'corrupt' },
  ],
  'pieces, by the same chance': [
    { atMs: 0, add: { type: 'slicer', attributes: { average_size: 1000, size_variation: 300, delay: 5000 } } },
  ],
  'pieces that come and go': [
    { atMs: 250, add: { type: 'slicer', attributes: { average_size: 1000, size_variation: 0, delay: 40_000 } } },
    { atMs: 450, remove: 'slicer' },
  ],
  'an end after so many bytes': [{ atMs: 0, add: { type: 'limit_data', attributes: { bytes: 12_345 } } }],
  'a limit that is taken away in time': [
    { atMs: 0, add: { type: 'limit_data', attributes: { bytes: 12_345 } } },
    { atMs: 250, remove: 'limit_data' },
  ],
  'chunks that are lost, for which it waits': [
    { atMs: 250, add: { type: 'packet_loss', attributes: { loss_rate: 1, correlation: 0 } } },
    { atMs: 450, remove: 'packet_loss' },
    { atMs: 950, disable: true },
  ],
  'chunks that are lost by the same chance': [
    { atMs: 150, add: { type: 'packet_loss', attributes: { loss_rate: 0.5, correlation: 0.2 } } },
    { atMs: 950, disable: true },
  ],
};
