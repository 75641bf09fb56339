/** Finds what JSON.parse hides: a member that an object names twice. */

/**
 * @param json a JSON object, already found to be one
 * @returns the first name that stands more than once at its first level
 */
export function repeatedMember(json: string): string | undefined {
  const seen = new Set<string>();
  for (const name of memberNames(json)) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

function* memberNames(json: string): Generator<string> {
  let depth = 0;
  let expectsName = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') {
      const end = endOfString(json, at);
      if (depth === 1 && expectsName) yield JSON.parse(json.slice(at, end + 1)) as string;
      if (depth === 1) expectsName = false;
      at = end;
    } else if (character === '{' || character === '[') {
      depth += 1;
      expectsName = true;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    } else if (character === ',' && depth === 1) {
      expectsName = true;
    }
  }
}

/** @returns the place of the quote that closes what opens at `start` */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') {
    at += json[at] === '\\' ? 2 : 1;
  }
  return at;
}
