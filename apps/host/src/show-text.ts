/**
 * A text of a caller's for the operator's terminal, which would take what is no character in it for orders: to move, to
 * write over other lines, or to turn what follows around.
 */
export function showText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}
