/**
 * Bytes that can be moved to another thread without being copied. A view of a part of a larger buffer (every small
 * Buffer of Node's is one) is copied first: moving it would take the rest of that buffer from its other users.
 */
export function toTransferable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) return new Uint8Array(buffer)
  return new Uint8Array(bytes)
}
