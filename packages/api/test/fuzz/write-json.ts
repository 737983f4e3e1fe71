const mark = '\u0001text:'

/** A value that is written into the JSON as this text: what `JSON.stringify` cannot write. */
export function makeText(text: string): unknown {
  return mark + text
}

/** The JSON of a value that may hold texts of `makeText`. */
export function writeJson(value: unknown): string {
  const written = JSON.stringify(value) ?? ''
  return written.replaceAll(/"\\u0001text:((?:[^"\\]|\\.)*)"/g, (_all, text: string) => JSON.parse(`"${text}"`) as string) // it was written as one
}
