/** Splits a text into pieces of about this many characters; a surrogate pair is never torn apart. */
export function splitText(text: string, charactersPerPiece: number): string[] {
  if (text === '') return []
  if (text.length <= charactersPerPiece) return [text]
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    const end = wholeEnd(text, start + charactersPerPiece)
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

export function firstHalf(text: string): string {
  return cutAt(text, Math.ceil(text.length / 2))
}

export function cutAt(text: string, end: number): string {
  return text.slice(0, wholeEnd(text, end))
}

/** Moves an end that would fall between the halves of a surrogate pair behind it. */
function wholeEnd(text: string, end: number): number {
  const isWithinPair = isBetween(text.charCodeAt(end - 1), 0xd800, 0xdbff) && isBetween(text.charCodeAt(end), 0xdc00, 0xdfff)
  return isWithinPair ? end + 1 : end
}

function isBetween(unit: number, lowest: number, highest: number): boolean {
  return unit >= lowest && unit <= highest
}
