import { newId } from '@reprise/contract'
import { inTransaction, type DatabasePool } from '../database.ts'
import { findOrganizations, type FoundOrganization } from './find-organizations.ts'
import { putStartingRows } from './seed.ts'

/** Makes an organization with all that a new one needs to work at once: a simulated model, and an agent `assistant`. */
export async function createOrganization(pool: DatabasePool, name: string): Promise<FoundOrganization> {
  return await inTransaction(pool, async (transaction, complete) => {
    const id = newId('organization')
    await putStartingRows(transaction, { organization_id: id, provider_id: newId('provider'), model_id: newId('model'), agent_id: newId('agent') }, name)
    const [organization] = await findOrganizations(transaction, id)
    await complete()
    return organization!
  })
}
