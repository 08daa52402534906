/** What `JSON.parse` lets pass: keys that an object holds twice, nesting and keys without end. */

/** Far more than any model's tensors; an object of tens of millions of keys takes minutes and gigabytes. */
const mostKeys = 1_000_000;

/** The first flaw of this kind, as the end of a sentence. Text that is no JSON may have none. */
export function findJsonFlaw(json: string, largestDepth: number): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') {
      open.push(new Set());
      if (open.length > largestDepth) return `nests more than ${largestDepth} levels deep`;
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(json, at);
      if (isKey(json, end)) {
        const key = json.slice(at, end);
        const keys = open.at(-1);
        // Escapes give one key several spellings.
        const name = key.includes('\\') ? unescaped(key) : key.slice(1, -1);
        if (keys?.has(name)) return `names ${quoted(name)} twice`;
        keys?.add(name);
        if (keys && keys.size > mostKeys) return `has more than ${mostKeys} names`;
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The index after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

function isKey(json: string, end: number): boolean {
  let at = end;
  while (' \t\n\r'.includes(json[at] ?? '!')) at++;
  return json[at] === ':';
}

function unescaped(key: string): string {
  try {
    return JSON.parse(key) as string;
  } catch {
    // No valid string: the parser of the whole text will say so.
    return key;
  }
}

/** A name for a message, which stays one line long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
