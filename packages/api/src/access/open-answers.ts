import type { ServerResponse } from 'node:http'
import type { KeyScope } from '@reprise/contract'
import type { Credential } from '@reprise/store'

interface Opened {
  credential: Credential
  /** With the scope that each needs. */
  answers: Map<ServerResponse, KeyScope>
}

/**
 * The answers that are being given, by the credential that was shown for them. Streams and waits last for minutes: they
 * must not outlive what opened them.
 */
export class OpenAnswers {
  readonly #opened = new Map<string, Opened>()

  add(credential: Credential, scope: KeyScope, response: ServerResponse): void {
    const name = `${credential.kind} ${credential.sha256}`
    const opened = this.#opened.get(name) ?? { credential, answers: new Map<ServerResponse, KeyScope>() }
    this.#opened.set(name, opened)
    opened.answers.set(response, scope)
    response.once('close', () => {
      opened.answers.delete(response)
      if (opened.answers.size === 0 && this.#opened.get(name) === opened) this.#opened.delete(name)
    })
  }

  /** Cuts off the answers that what was shown for them no longer opens. */
  async check(findScopes: (credential: Credential) => Promise<readonly KeyScope[]>): Promise<void> {
    await Promise.all(
      [...this.#opened.values()].map(async ({ credential, answers }) => {
        const scopes = await findScopes(credential)
        for (const [response, scope] of answers) if (!scopes.includes(scope)) response.destroy()
      }),
    )
  }
}
