/**
 * The page's policy lets no text become markup unless this says so, and it says so of text that holds none: the sheets that
 * the component library writes. Whatever a model, a tool or a user wrote can never be read as HTML, by whatever mistake.
 */
export function refuseMarkup(): void {
  const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: { createHTML(text: string): string }): unknown } } // not every browser has them
  trustedTypes?.createPolicy('default', {
    createHTML(text) {
      if (text.includes('<')) throw new TypeError('text that is markup was to become part of the page')
      return text
    },
  })
}
