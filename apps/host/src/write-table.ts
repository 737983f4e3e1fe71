import { showText } from './show-text.ts'

/** Columns as wide as their widest cell, two spaces apart. */
export function writeTable(heads: readonly string[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(showText))
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)))
  return [heads, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}

/** To the minute, in UTC: enough to tell by. */
export function writeTime(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}
