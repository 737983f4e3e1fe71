const quote = 0x22
const backslash = 0x5c
const lineFeed = 0x0a
const carriageReturn = 0x0d
/** Each value but the first follows a comma or an opening bracket. */
const valueStarts: ReadonlySet<number> = new Set([0x2c, 0x5b, 0x7b])

/**
 * Counts the values of JSON as its bytes come, of each event anew where they are an event stream, and says when there are
 * more than `valuesMax`: as parsed values, a few megabytes of `[],[],` take a heap, and stop the whole process meanwhile.
 */
export function countJsonValues(valuesMax: number, { isEventStream }: { isEventStream: boolean }): (bytes: Uint8Array) => boolean {
  let values = 0
  let isInString = false
  let isEscaped = false
  let last = 0
  let isLineEmpty = true
  return (bytes) => {
    for (const byte of bytes) {
      if (byte === lineFeed || byte === carriageReturn) {
        const isSameEnd = byte === lineFeed && last === carriageReturn
        // An empty line ends an event, and is mere white space in JSON. No string goes over a line's end, so none can hide what follows it.
        if (isEventStream && isLineEmpty && !isSameEnd) values = 0
        isLineEmpty = true
        isInString = false
        isEscaped = false
      } else {
        isLineEmpty = false
        if (isEscaped) isEscaped = false
        else if (isInString && byte === backslash) isEscaped = true
        else if (byte === quote) isInString = !isInString
        else if (!isInString && valueStarts.has(byte) && ++values > valuesMax) return true
      }
      last = byte
    }
    return false
  }
}
