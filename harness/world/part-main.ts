import { systemClock } from '../kit/clock.ts';
import { withDeadline } from '../kit/deadline.ts';
import { firstMessage, obeyConductor, tellConductor } from './conductor-link.ts';
import { PartBeginSchema } from './part-settings.ts';
import { servePart } from './serve-part.ts';

// The process of one part. Its faults live in its memory, so they end with it.

const serving = firstMessage().then((message) => servePart(PartBeginSchema.parse(message)));

obeyConductor(async () => {
  const stopped = serving.then((part) => part.stop());
  // A part that does not stop, or is still starting, is left to the end of its process.
  await withDeadline(systemClock(), stopped, { what: 'the part to stop', limitMs: 300 }).catch(() => undefined);
});

const { port, adminPort } = await serving;
tellConductor({ kind: 'ready', port, adminPort });
