import type { Scenario } from './scenario.ts';

/** The systems of a generative-AI workload that resilience has to be shown for. */
export const systems: Readonly<Record<string, string>> = {
  S1: 'The RAG workload as a whole',
  S2: 'Batch ingestion of PDF files from a file system',
  S3: 'Batch ingestion from a SaaS system such as a CRM',
  S4: 'Batch ingestion from a wiki or knowledge base',
  S5: 'Ordinary sources: object storage, relational database',
  S6: 'Throttling by sources and models',
  S7: 'Brittle sources',
  S8: 'Embedding model on a GPU of our own',
  S9: 'Embedding model behind somebody else’s API',
  S10: 'Parallelism of the batch, as the embedding model allows',
  S11: 'Low-latency ingestion',
  S12: 'Vector database, dedicated',
  S13: 'Vector database, built into another database',
  S14: 'Vector database, in memory',
  S15: 'Vector database as a storage system',
  S16: 'The chat itself',
  S17: 'Application tier',
  S18: 'Capacity of inference and training',
  S19: 'Observability of CPU, memory and GPU',
  S20: 'Traces of agents and tools',
  S21: 'Security monitoring of model and agent',
  S22: 'Baselines of embeddings, prompts, context and output',
  S23: 'Recovery Region',
  S24: 'Business continuity plan',
};

/** For each system the scenarios that cover it; none means that the row is open. */
export function coverage(scenarios: readonly Scenario[]): { id: string; system: string; scenarios: string[] }[] {
  return Object.entries(systems).map(([id, system]) => ({
    id,
    system,
    scenarios: scenarios.filter((scenario) => scenario.covers.includes(id)).map((scenario) => scenario.name),
  }));
}
