/** The XML of S3's answers: elements with their children by name, and text. */
import { XMLParser } from 'fast-xml-parser';
import { reasonOf } from '../../errors.js';

export type XmlElement = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
  ignoreAttributes: true,
  // A key that is all digits, or ends in a space, is what it is.
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});

/** @throws Error where it is no XML: something between here and the store answered in its place */
export function parseXml(body: Buffer): XmlElement {
  try {
    return parser.parse(body.toString('utf8')) as XmlElement;
  } catch (error) {
    throw new Error(`the answer is not XML (${reasonOf(error)})`, { cause: error });
  }
}

/** The children of that name; none of no element. */
export function elementsOf(element: XmlElement | undefined, name: string): XmlElement[] {
  const children = element?.[name];
  if (children === undefined) return [];
  return (Array.isArray(children) ? children : [children]) as XmlElement[];
}

/** The text of the first child of that name; empty where there is none. */
export function textOf(element: XmlElement | undefined, name: string): string {
  const [child] = elementsOf(element, name) as unknown[];
  return typeof child === 'string' ? child : '';
}
