import type { Random } from '../../../harness/kit/random.ts';
import { createFaker } from '../../corpus/seeded-faker.ts';
import { attributes, drawFact, drawValue, factDocument, factSentence } from '../../corpus/facts.ts';
import type { Faker } from '@faker-js/faker';

/** What a ticket says. It depends on the seed and the ticket's number only. */
export interface TicketText {
  readonly subject: string;
  /** The text of the n-th comment, from 1. Each holds a fact of its own, so each version of a ticket says something new. */
  comment(number: number): string;
}

/** Keeps the numbers of tickets apart from those of the corpus, so that no ticket answers a question about a document. */
const numbersFrom = 2_000_000;

/** What each ticket says, made when it is asked for. */
export function ticketTexts(random: Random): (ticketId: number) => TicketText {
  const texts = new Map<number, TicketText>();
  const faker = createFaker();
  return (ticketId) => {
    const known = texts.get(ticketId) ?? ticketText(random, ticketId, faker);
    texts.set(ticketId, known);
    return known;
  };
}

function ticketText(random: Random, ticketId: number, faker: (random: Random) => Faker): TicketText {
  const own = random.fork(`ticket/${ticketId}`);
  const first = drawFact(own, String(numbersFrom + ticketId));
  const offset = attributes.indexOf(first.attribute);
  // Pages and records ask for it again and again, and the first comment is costly to make.
  let opening: string | undefined;
  return {
    subject: `${first.subject}: ${first.attribute}`,
    comment: (number) => {
      if (number === 1) return (opening ??= factDocument(first, faker(own.fork('text'))));
      const attribute = attributes[(offset + number - 1) % attributes.length] ?? first.attribute;
      return `Update. ${factSentence({ subject: first.subject, attribute, value: drawValue(own.fork(`comment/${number}`)) })}`;
    },
  };
}
