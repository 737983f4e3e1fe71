import { deleteLogin as removeLogin, hashSecret } from '@reprise/store'
import type { Services } from '../services.ts'

/** Whoever holds the token may end it; what is not there has ended. */
export async function deleteLogin({ db, doorkeeper }: Services, token: string): Promise<void> {
  await removeLogin(db, hashSecret(token))
  doorkeeper.loginHasEnded(token)
}
