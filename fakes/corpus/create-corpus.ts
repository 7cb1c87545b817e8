import type { Faker } from '@faker-js/faker';
import { GamedayError } from '../../harness/kit/errors.ts';
import { seededRandom, type Random } from '../../harness/kit/random.ts';
import type { Corpus, CorpusDocument, CorpusQuestion, CreateCorpus } from '../../harness/world/types.ts';
import { drawFact, factDocument, factQuestion, type Fact } from './facts.ts';
import { createFaker } from './seeded-faker.ts';

/** Length of a batch document: 500 tokens at 4 characters each. */
const batchCharacters = 2000;

/** More would run out of four-digit numbers, by which the documents are told apart. */
const mostDocuments = 10_000;

/**
 * Documents, each with one fact that is in no other: short ones to be asked about, and long ones for batch ingestion. Documents of the corpus have four-digit numbers, those of the endless batch
 * stream have six, so that no batch document can answer a question.
 */
export const createCorpus: CreateCorpus = (spec, seed) => {
  if (!Number.isInteger(spec.documents) || spec.documents < 1 || spec.documents > mostDocuments) {
    throw new GamedayError('bad-config', `A corpus has 1 to ${mostDocuments} documents, not ${spec.documents}.`);
  }
  const random = seededRandom(seed).fork('corpus');
  const faker = createFaker();
  const numbers = shuffledNumbers(random.fork('numbers'));
  const facts = numbers
    .slice(0, spec.documents)
    .map((number, index) => drawFact(random.fork(`document/${index}`), String(number).padStart(4, '0')));

  return {
    documents: facts.map((fact, index) => writeDocument(`doc-${index}`, fact, faker(random.fork(`text/doc-${index}`)))),
    question: (n) => {
      const index = random.fork(`question/${n}`).integer(0, facts.length - 1);
      return questionAbout(index, facts[index]);
    },
    batchDocument: (n) => {
      const fact = drawFact(random.fork(`batch/${n}`), String(100_000 + n));
      const text = faker(random.fork(`text/batch-${n}`));
      return lengthen(writeDocument(`batch-${n}`, fact, text), text);
    },
  } satisfies Corpus;
};

function writeDocument(id: string, fact: Fact, faker: Faker): CorpusDocument {
  return { id, version: 1, title: fact.subject, text: factDocument(fact, faker) };
}

/** Batch work comes in chunks of the size that pipelines usually cut: about 500 tokens. */
function lengthen(document: CorpusDocument, faker: Faker): CorpusDocument {
  let text = document.text;
  while (text.length < batchCharacters) text += ` ${faker.company.catchPhrase()}, ${faker.company.buzzPhrase()}.`;
  return { ...document, text };
}

function questionAbout(index: number, fact: Fact | undefined): CorpusQuestion {
  if (!fact) throw new RangeError(`There is no document ${index}.`);
  return { text: factQuestion(fact), documentId: `doc-${index}`, expected: fact.value };
}

/** 0 to 9999 in a seeded order (Fisher and Yates), so that neighbours in the corpus do not have neighbouring numbers. */
function shuffledNumbers(random: Random): readonly number[] {
  const numbers = Array.from({ length: mostDocuments }, (_, index) => index);
  for (let last = numbers.length - 1; last > 0; last--) {
    const other = random.integer(0, last);
    const [left = 0, right = 0] = [numbers[last], numbers[other]];
    numbers[last] = right;
    numbers[other] = left;
  }
  return numbers;
}
