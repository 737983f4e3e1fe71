import { inTransaction, deleteSession } from '../../src/index.ts'
import type { DeleteOperation } from './operation.ts'
import { organization_id, type Scene } from './scene.ts'

/** What its turns' workers know of it is stale from then on. */
export function prepareDelete({ connections, sessionIds }: Scene, session: number): DeleteOperation {
  const session_id = sessionIds[session]!
  const remove = () =>
    inTransaction(connections.pool, async (transaction, complete) => {
      const isDeleted = await deleteSession(transaction, organization_id, session_id)
      await complete()
      return isDeleted
    })
  return { name: 'delete', session_id, delete: remove }
}
