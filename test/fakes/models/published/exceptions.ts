/**
 * Published figures that the engine does not meet, each with what it gives instead and why. A test holds that they are still missed by
 * about as much: one that is met some day, or missed by more, has to leave this list or be looked into.
 */
export const exceptions = {
  floorOnEightA100s: {
    figure: 'the floor of a step of Llama-3-70B on eight A100s, ms',
    published: 14.7,
    seen: 11.5,
    reason:
      'An eighth of each matrix is so small that its kernels reach less of the bandwidth than the 0.75 of the formula.',
  },
  floorOnEightH100s: {
    figure: 'the floor of a step of Llama-2-70B on eight H100s, ms',
    published: 8.7,
    seen: 6.9,
    reason:
      'An eighth of each matrix is so small that its kernels reach less of the bandwidth than the 0.75 of the formula.',
  },
  tailNearTheKnee: {
    figure: 'the 99th percentile of the time to the first token at 0.95 of the saturation of one A100, s',
    published: 3.4,
    seen: 4.6,
    reason:
      'So close to the knee a tail is steep, and the published one is of a single run of 240 s: single runs here give 1.8 to 5.3 s.',
  },
  sixteenCallers: {
    figure: 'the time per output token of Llama-3.1-8B on an H100 with 16 callers, ms',
    published: 10.94,
    seen: 7.9,
    reason:
      'The lengths of its requests are not published, and from 16 callers on the throughput measured stays at 1,384 tokens per second, a tenth ' +
      'of what others measured on that GPU: something other than the GPU was the limit.',
  },
  sixtyFourCallers: {
    figure: 'the time per output token of Llama-3.1-8B on an H100 with 64 callers, ms',
    published: 46.91,
    seen: 10.7,
    reason: 'As with 16 callers.',
  },
  beyondSaturation: {
    figure: 'the 99th percentile of the time to the first token at 1.05 of the saturation, a lower bound by GPU, s',
    published: { 'A100-80': 18, 'H100-80': 15, 'H200-141': 14 },
    seen: { 'A100-80': 15.5, 'H100-80': 13.1, 'H200-141': 11.1 },
    reason:
      'In 240 s a backlog of 5 % is 12 s of work, and the published bounds are of one run each; single runs here give 3 to 17 s.',
  },
  evenLengths: {
    figure: 'requests per second that a cache too small lets through when all answers have 1,500 tokens',
    published: 0.86,
    seen: 1.12,
    reason:
      'Only the mean length is published. With answers of one length, or of 750 to 2,250 tokens, 1.1 are done; with exponential lengths, which ' +
      'were chosen for the other tests after these had been seen, 0.94. So that agreement is weak evidence.',
  },
  thrashingTail: {
    figure: 'the 99th percentile of the time per output token when the cache is too small, ms',
    published: 230,
    seen: 69,
    reason:
      'It hangs on the share of short answers among those that are preempted, and how the lengths of 1,500 tokens on average are distributed is ' +
      'not published; saturation and preemptions agree.',
  },
} as const;
