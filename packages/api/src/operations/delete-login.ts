import { deleteLogin as removeLogin, hashSecret } from '@reprise/store'
import type { Services } from '../services.ts'

/** Whoever holds the token may end it; what is not there has ended. Tokens that somebody makes up change nothing, and are looked up as such keys are. */
export async function deleteLogin({ db, doorkeeper }: Services, token: string): Promise<void> {
  if (!(await doorkeeper.hasLogin(token))) return
  await removeLogin(db, hashSecret(token))
  doorkeeper.loginHasEnded(token)
}
