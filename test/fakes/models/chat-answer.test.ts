import { describe, expect, it } from 'vitest';
import { answerPieces } from '../../../fakes/models/chat-answer.ts';

function answer(user: string, tokens = 32, system = ''): string {
  return answerPieces(
    [
      { role: 'system', text: system },
      { role: 'user', text: user },
    ],
    tokens,
  ).join('');
}

const passages =
  '[doc-1] Cats sleep all day. The colour of Oslo is red.\n[doc-2] The colour of Rome is blue. Rome is old.';

describe('answerPieces', () => {
  it('quotes the sentence that shares most with the question, and names its passage', () => {
    expect(answer(`${passages}\nQuestion: What is the colour of Rome?`)).toMatch(
      /^The colour of Rome is blue\. \[doc-2\] /,
    );
    expect(answer(`${passages}\nQuestion: What is the colour of Oslo?`)).toMatch(
      /^The colour of Oslo is red\. \[doc-1\] /,
    );
  });

  it('reads passages from the system message too, and the last paragraph as the question', () => {
    expect(answer('Tell me the colour of Rome, please.', 32, passages)).toContain('blue. [doc-2]');
    expect(answer(`${passages}\n\nTell me the colour of Rome, please.`)).toContain('blue. [doc-2]');
  });

  it('does not take an id inside a sentence for a passage', () => {
    expect(
      answer(`Cite like [doc-9] the colour of Rome.\n${passages}\nQuestion: What is the colour of Rome?`),
    ).toContain('[doc-2]');
  });

  it('says that it does not know when nothing fits, or nothing was given', () => {
    expect(answer(`${passages}\nQuestion: Who invented the telephone network?`)).toMatch(/^I do not know/);
    expect(answer('Question: What is the colour of Rome?')).toMatch(/^I do not know/);
    expect(answer('')).toMatch(/^I do not know/);
  });

  it.each([1, 5, 32, 100])('has exactly %i tokens, none of them empty, and the same text on every call', (tokens) => {
    const pieces = answerPieces([{ role: 'user', text: `${passages}\nQuestion: What is the colour of Rome?` }], tokens);
    expect(pieces).toHaveLength(tokens);
    expect(pieces.every((piece) => piece.trim() !== '')).toBe(true);
    expect(pieces.join('')).toContain('The colour of Rome is blue. [doc-2]');
  });
});
