/** Text of others, such as file names, made safe to print. */

/**
 * Control characters, which a terminal obeys; marks of the writing direction, which show a text as another than it is
 * (CVE-2021-42574); invisible ones; and halves of surrogate pairs, which are no text.
 */
const unprintable =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

const spelledOut = (character: string) => {
  const code = character.codePointAt(0) as number;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
};

/** One line of text, in which nothing but visible characters and spaces is left; the others are spelled out: `\x1b`. */
export function printable(text: string): string {
  return text.replace(unprintable, spelledOut);
}

/** As `printable`, for text of several lines. */
export function printableLines(text: string): string {
  return text.replace(unprintable, (character) =>
    character === '\n' || character === '\t' ? character : spelledOut(character),
  );
}

/** JSON text without the characters that JSON itself leaves raw; it means the same. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(unprintable, (character) =>
    Array.from({ length: character.length }, (_, index) => jsonEscape(character.charCodeAt(index))).join(''),
  );
}

const jsonEscape = (unit: number) => `\\u${unit.toString(16).padStart(4, '0')}`;
