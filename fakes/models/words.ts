/** Words that say nothing about what a text is about. */
const stopWords = new Set(
  (
    'a about after all an and any are as at be been but by can could did do does for from had has have how i if in into is it its me my no ' +
    'not of on or our please should so such tell than that the their them then there these they this to was we were what when where which ' +
    'who whom whose why will with would you your'
  ).split(' '),
);

/** The words of a text in lower case, without those that say nothing. */
export function contentWords(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu) ?? []).filter(
    (word) => !stopWords.has(word),
  );
}

/** What a tokeniser would roughly make of it: one token for four characters, one at least. */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

/** FNV-1a over the UTF-16 units: 32 bits, the same on every machine. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
