import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The file of a module beside the caller's, with the caller's ending: `.ts` in the checkout, `.js` in `dist/`.
 *
 * @param callerUrl the caller's `import.meta.url`
 * @param path the module's path without its ending, e.g. `./part-main`
 */
export function siblingModule(callerUrl: string, path: string): string {
  return fileURLToPath(new URL(path + extname(new URL(callerUrl).pathname), callerUrl));
}
