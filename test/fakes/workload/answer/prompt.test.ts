import { describe, expect, it } from 'vitest';
import { findCitations } from '../../../../fakes/workload/answer/citations.ts';
import { buildPrompt } from '../../../../fakes/workload/answer/prompt.ts';

const passage = { id: 'doc-1', title: 'Lamp', text: 'The lamp is green.' };

describe('buildPrompt', () => {
  it('refuses a prompt of one token too many, and says how large it would be', () => {
    const { tokens } = buildPrompt('Green?', [passage], { maxPromptTokens: 1024 });
    expect(buildPrompt('Green?', [passage], { maxPromptTokens: tokens }).tokens).toBe(tokens);
    expect(() => buildPrompt('Green?', [passage], { maxPromptTokens: tokens - 1 })).toThrow(
      `The prompt would have ${tokens} tokens; at most ${tokens - 1} are allowed.`,
    );
  });

  it('cuts a long passage visibly', () => {
    const { messages } = buildPrompt('Green?', [{ ...passage, text: 'x'.repeat(1000) }], { maxPromptTokens: 1024 });
    expect(messages.at(-1)?.content).toContain(`[doc-1] ${'x'.repeat(199)}…\n`);
  });

  it('says so when there are no passages', () => {
    const { messages } = buildPrompt('Green?', [], { maxPromptTokens: 1024 });
    expect(messages.at(-1)?.content).toContain('There are no passages at the moment.');
  });
});

describe('findCitations', () => {
  it('finds each passage that the answer names once, and none that was not given', () => {
    expect(findCitations('Green [doc-1], see [doc-1] and [doc-9].', [passage])).toEqual(['doc-1']);
  });
});
