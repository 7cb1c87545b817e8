import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { published, type Place } from './publish.ts';

/** Writes a text of Markdown into a place of a page, in the project's format. */
export async function publishOn(file: string, place: Place, text: string): Promise<void> {
  const page = published(await readFile(file, 'utf8'), place, text);
  await writeFile(file, await formatted(file, page));
}

/** Markdown in the format of the project that the file is in. */
export async function formatted(file: string, text: string): Promise<string> {
  const style = await resolveConfig(file, { editorconfig: true });
  return format(text, { ...style, parser: 'markdown' });
}
