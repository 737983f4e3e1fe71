/** A schema of the document, by its id: for what a stream is made of, as `z.string().meta({ 'x-item-schema': referTo('Event') })`. */
export function referTo(id: string): { $ref: string } {
  return { $ref: `#/components/schemas/${id}` }
}
