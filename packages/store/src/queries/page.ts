/** Which part of a list is read. */
export interface Page {
  offset: number
  limit: number
}
