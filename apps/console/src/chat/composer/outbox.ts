import type { RepriseClient } from '@reprise/client'

/** A message to be sent, under the key by which the server knows it again. */
export type NewMessage = Parameters<RepriseClient['messages']['create']['mutate']>[0] & { idempotency_key: string }

/** The messages of a session that the server has not answered yet: a page that is opened again sends them, and each arrives once. */
export class Outbox {
  readonly #name: string

  constructor(session_id: string) {
    this.#name = `reprise-outbox-${session_id}`
  }

  read(): NewMessage[] {
    return JSON.parse(localStorage.getItem(this.#name) ?? '[]') as NewMessage[] // written below
  }

  put(message: NewMessage): void {
    this.#write([...this.read().filter(({ idempotency_key }) => idempotency_key !== message.idempotency_key), message])
  }

  drop(key: string): void {
    this.#write(this.read().filter(({ idempotency_key }) => idempotency_key !== key))
  }

  #write(messages: NewMessage[]): void {
    if (messages.length === 0) localStorage.removeItem(this.#name)
    else localStorage.setItem(this.#name, JSON.stringify(messages))
  }
}
