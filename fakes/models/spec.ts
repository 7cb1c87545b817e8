import { pathToFileURL } from 'node:url';
import { siblingModule } from '../../harness/kit/sibling-module.ts';
import type { PartSpec } from '../../harness/world/types.ts';
import { parseModelServerSettings, type ModelServerOptions } from './model-settings.ts';

/**
 * A GPU model server that speaks the OpenAI API, as a part of a world. The target hears of it as `OPENAI_BASE_URL`. Every setting that is
 * left out has the default of `ModelServerSettingsSchema`: one H100 with an 8-billion-parameter model. Throws `bad-config`.
 */
export function modelServer(settings: ModelServerOptions = {}): PartSpec {
  return {
    name: 'model-server',
    role: 'model',
    protocol: 'http',
    module: pathToFileURL(siblingModule(import.meta.url, './create-part')).href,
    settings: parseModelServerSettings('model-server', settings),
    variables: { OPENAI_BASE_URL: '{origin}/v1', OPENAI_API_KEY: 'sk-gameday-not-a-key' },
    metricsPath: '/metrics',
  };
}
