export interface WebPageOptions {
  /** Where the page is, for the links in it. */
  url: string
  /** As the header says, if it does. */
  charset: string | null
  /** HTML is made Markdown; any other text is only decoded. */
  form: 'html' | 'text'
  /** The part that is wanted, in characters of the text. */
  start: number
  charactersMax: number
}

export interface WebPage {
  /** Null for a page without one. */
  title: string | null
  /** Of the Markdown, or of the text as it is: the part from `start` on. */
  text: string
  /** The whole has so many. */
  characters: number
}
