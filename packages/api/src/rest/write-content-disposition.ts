/** `inline` with the caller's own file name, written so that it can end neither the value nor the header (RFC 6266, RFC 5987). */
export function writeContentDisposition(filename: string | null): string {
  if (!filename) return 'inline'
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%/]/g, '_')
  const extended = encodeURIComponent(filename).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `inline; filename="${ascii}"; filename*=UTF-8''${extended}`
}
