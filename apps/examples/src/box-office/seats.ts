import { defineTool, type HostOptions } from '@reprise/host'
import { z } from 'zod'

const seat = z.string().regex(/^[A-Z][0-9]{1,2}$/, 'must be a row and a number, such as B12')

/** The app's own table, beside those of the server. */
export const prepareDatabase: NonNullable<HostOptions['prepareDatabase']> = async (db) => {
  await db.query('CREATE TABLE IF NOT EXISTS box_office_seats (seat text PRIMARY KEY, holder text NOT NULL)')
}

/** What it writes is committed together with its result: whatever crashes, a seat is reserved exactly when the model reads so. */
export const reserveSeat = defineTool({
  name: 'reserve_seat',
  description: 'Reserves a seat for somebody.',
  input: z.object({ seat, holder: z.string().min(1).max(100) }),
  effects: 'transactional',
  async run({ seat, holder }, { transaction }) {
    const { rowCount } = await transaction!.query('INSERT INTO box_office_seats (seat, holder) VALUES ($1, $2) ON CONFLICT DO NOTHING', [seat, holder]) // transactional tools have one
    return rowCount === 1 ? { ok: true, result: { seat, holder } } : { ok: false, error: `Seat ${seat} is taken.` }
  },
})

/** Takes something away from somebody, so a person has to say yes first. */
export const releaseSeat = defineTool({
  name: 'release_seat',
  description: 'Gives a reserved seat back.',
  input: z.object({ seat }),
  effects: 'transactional',
  requires_approval: true,
  async run({ seat }, { transaction }) {
    const { rowCount } = await transaction!.query('DELETE FROM box_office_seats WHERE seat = $1', [seat])
    return rowCount === 1 ? { ok: true, result: { released: seat } } : { ok: false, error: `Seat ${seat} is not reserved.` }
  },
})
