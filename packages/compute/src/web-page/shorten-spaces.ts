/** What is used of a text of a document, whichever DOM it comes from. */
interface PageText {
  data: string
}

export interface TextWalker {
  nextNode(): PageText | null
}

const spacesMax = 64

/**
 * Shortens each run of white space in a document, also one that goes on over its tags. Patterns that look for the end of a
 * line try each space of a run, here and in the libraries; and entities and tags make runs that the page's source does not show.
 */
export function shortenSpaces(walker: TextWalker): void {
  let before = 0
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const run = before
    const short = text.data.replace(/\s+/g, (spaces, at: number) => spaces.slice(0, Math.max(spacesMax - (at === 0 ? run : 0), 0)))
    const atEnd = short.length - short.trimEnd().length
    before = atEnd === short.length ? run + atEnd : atEnd
    if (short.length < text.data.length) text.data = short
  }
}
