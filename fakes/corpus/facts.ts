import type { Faker } from '@faker-js/faker';
import type { Random } from '../../harness/kit/random.ts';

/** Something with a name that occurs once, and one thing that can be known about it. */
export interface Fact {
  /** `Harbor Lamp 0417`: the number is what makes it unique. */
  readonly subject: string;
  /** `service code`. */
  readonly attribute: string;
  /** `KX-39427`. */
  readonly value: string;
}

const places =
  words(`Harbor Meadow Granite Cedar Copper Willow Summit River Amber Falcon Orchard Glacier Canyon Juniper Lagoon Aspen
  Basalt Coral Delta Ember Fjord Grove Hazel Island Jasper Kestrel Laurel Maple Nectar Onyx Prairie Quartz Raven Saffron Tundra Umber
  Valley Walnut Yarrow Zephyr`);
const devices =
  words(`Lamp Valve Turbine Pump Gate Crane Beacon Boiler Scanner Filter Press Kiln Winch Router Sensor Anvil Blower Chiller
  Dryer Engine Furnace Grinder Heater Inverter Jack Lathe Mixer Nozzle Oven Piston Radar Shredder Tank Vent Welder Mast Hoist Loom
  Drill Relay`);
/** What can be known about a subject. */
export const attributes: readonly string[] = [
  'service code',
  'spare part',
  'access phrase',
  'contract number',
  'firmware label',
  'locker key',
];
const letters = words('A B C D E F G H J K L M N P Q R S T U V W X Y Z');

/** A fact about the subject with the given number; everything else about it is drawn. */
export function drawFact(random: Random, number: string): Fact {
  return {
    subject: `${random.pick(places)} ${random.pick(devices)} ${number}`,
    attribute: random.pick(attributes),
    value: drawValue(random),
  };
}

/** Two letters and five digits, e.g. `KX-39427`. */
export function drawValue(random: Random): string {
  return `${random.pick(letters)}${random.pick(letters)}-${random.integer(10_000, 99_999)}`;
}

/** The sentence that holds the fact, word for word. */
export function factSentence(fact: Fact): string {
  return `The ${fact.attribute} of ${fact.subject} is ${fact.value}.`;
}

/** The question that the fact answers. */
export function factQuestion(fact: Fact): string {
  return `What is the ${fact.attribute} of ${fact.subject}?`;
}

/** Documents are between these many characters long, so that a prompt with three of them is about 200 tokens. */
const lengths = { from: 240, to: 280 };

/**
 * A short document around the fact, of 240 to 280 characters (60 to 70 tokens at 4 characters each). It names its subject four times, so
 * that retrieval by shared words finds it among its siblings, also where the words are hashed into few dimensions.
 */
export function factDocument(fact: Fact, faker: Faker): string {
  for (;;) {
    const text = draftDocument(fact, faker);
    if (text.length >= lengths.from && text.length <= lengths.to) return text;
  }
}

function draftDocument(fact: Fact, faker: Faker): string {
  return [
    `${fact.subject} runs in ${faker.location.city()}, looked after by ${faker.person.firstName()} ${faker.person.lastName()}.`,
    factSentence(fact),
    `${fact.subject} has a ${faker.commerce.productMaterial().toLowerCase()} housing, made in ${faker.date.month()}: ${faker.company.catchPhrase()}.`,
    `Notes on ${fact.subject}: ${faker.word.adjective()} ${faker.word.noun()}, ${faker.word.adjective()} ${faker.word.noun()}.`,
  ].join(' ');
}

function words(list: string): readonly string[] {
  return list.split(/\s+/);
}
