/** Places as `host:port`, in the one spelling that URL parsing gives them. */
export type Places = ReadonlySet<string>

/** Reads what the operator allows. The same name with another port is another place, and so is the address of a name. */
export function readPlaces(allow: readonly string[]): Places {
  return new Set(allow.map(readPlace))
}

/** Where a url leads; its default port is written out. */
export function placeOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port === '' ? defaultPort(protocol) : port}`
}

function readPlace(text: string): string {
  const url = /:\d+$/.test(text) ? URL.parse(`http://${text}`) : null
  if (!url || url.href !== `http://${url.host}/`) throw new Error(`What is allowed must be host:port, such as localhost:11434; it is ${JSON.stringify(text)}.`)
  return placeOf(url)
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80'
}
