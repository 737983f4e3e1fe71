import { inTransaction, type DatabasePool, type Transaction } from '../database.ts'

/**
 * Runs work that depends on which model is an organization's default, or on the default being able to answer: one such
 * work at a time. The lock is a statement of its own, so that what follows sees whatever the one before has committed.
 * It keeps nobody from storing what names the organization.
 */
export async function holdDefaultModel<T>(pool: DatabasePool, organizationId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return await inTransaction(pool, async (transaction, complete) => {
    await transaction.query({
      name: 'hold_default_model',
      text: `/* holdDefaultModel */ SELECT default_model_id FROM organizations WHERE id = $1 FOR NO KEY UPDATE`,
      values: [organizationId],
    })
    const result = await work(transaction)
    await complete()
    return result
  })
}
