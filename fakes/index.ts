/** The parts and the corpus that scenarios put into their worlds, listed by hand. */
export { corpusSpec } from './corpus/corpus-spec.ts';
export { modelServer } from './models/spec.ts';
export { crm } from './sources/crm/spec.ts';
export { postgres } from './stores/postgres/spec.ts';
export { qdrant } from './stores/qdrant/spec.ts';
