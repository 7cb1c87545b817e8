import { pathToFileURL } from 'node:url';
import { siblingModule } from '../../harness/kit/sibling-module.ts';
import type { CorpusSpec } from '../../harness/world/types.ts';

/** The generated corpus as a scenario names it. `documents`: how many are stored before the load starts, 1 to 10,000. */
export function corpusSpec(settings: { documents: number }): CorpusSpec {
  return {
    module: pathToFileURL(siblingModule(import.meta.url, './create-corpus')).href,
    documents: settings.documents,
  };
}
