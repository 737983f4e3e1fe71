/** Where a page must have named its encoding, as the HTML standard says. */
const metaBytes = 1024
const cutBytesMin = 1024 * 1024
const byteOrderMarks: readonly (readonly [string, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** Decodes a text from the web: by its byte order mark, by the header, by its own `meta`, or by what its bytes can be. */
export function decodePage(bytes: Uint8Array, charset: string | null): string {
  const mark = byteOrderMarks.find(([, start]) => start.every((byte, index) => bytes[index] === byte))?.[0]
  for (const label of [mark, charset, findMetaCharset(bytes)]) {
    const decoder = label ? createDecoder(label) : null
    if (decoder) return decoder.decode(bytes)
  }
  try {
    // A long body may have been cut within a character, which `stream` passes over.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: bytes.length > cutBytesMin })
  } catch {
    // What browsers take for a page that says nothing.
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

function findMetaCharset(bytes: Uint8Array): string | null {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, metaBytes))
  const label = /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(start)?.[1]?.toLowerCase() ?? null
  // A page that could be read so far is not UTF-16, whatever it says.
  return label?.startsWith('utf-16') ? 'utf-8' : label
}

/** Null for an encoding that does not exist. */
function createDecoder(label: string): InstanceType<typeof TextDecoder> | null {
  try {
    return new TextDecoder(label)
  } catch {
    return null
  }
}
