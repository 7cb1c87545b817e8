import type { HttpToxicKind } from '../http-toxic.ts';
import { httpCut } from './http-cut.ts';
import { httpLatency } from './http-latency.ts';
import { httpLength } from './http-length.ts';
import { httpSlowBody } from './http-slow-body.ts';
import { httpStatus } from './http-status.ts';
import { streamCut } from './stream-cut.ts';
import { streamDrop } from './stream-drop.ts';
import { streamDuplicate } from './stream-duplicate.ts';
import { streamError } from './stream-error.ts';
import { streamGarble } from './stream-garble.ts';
import { streamHeartbeat } from './stream-heartbeat.ts';
import { streamLate } from './stream-late.ts';
import { streamReorder } from './stream-reorder.ts';
import { streamSlow } from './stream-slow.ts';
import { streamStall } from './stream-stall.ts';
import { streamUnfinished } from './stream-unfinished.ts';

/** Every kind of toxic that is done to requests and responses of HTTP, and to the events that are streamed in them. */
export const httpToxicKinds: readonly HttpToxicKind[] = [
  httpStatus,
  httpLatency,
  httpSlowBody,
  httpCut,
  httpLength,
  streamLate,
  streamSlow,
  streamStall,
  streamCut,
  streamUnfinished,
  streamDrop,
  streamDuplicate,
  streamReorder,
  streamGarble,
  streamError,
  streamHeartbeat,
];
