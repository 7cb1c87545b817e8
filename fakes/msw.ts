/** The fakes for Mock Service Worker (`msw`, an optional peer dependency): in a test's own process, without a port. */
export { makePart } from './make-part.ts';
export { modelServerHandlers } from './models/msw.ts';
export { crmHandlers } from './sources/crm/msw.ts';
export { qdrantHandlers } from './stores/qdrant/msw.ts';
export { handlers } from './world-handlers.ts';
