import { seeded } from '@reprise/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countSessionRows } from '../../../store/test/support/list-session-tables.ts'
import { createEraseSessions } from '../../src/background/erase-sessions.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'
import { fillSession, showImage, until } from '../support/fill-session.ts'

let fixture: EngineFixture
let process: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess()
})
afterAll(() => fixture.close())

const { organization_id } = seeded
const isErased = (sessionId: string) => async () => Object.keys(await countSessionRows(fixture.pool, sessionId)).length === 0

test('a deleted session is erased, with images that no other message has', async () => {
  const [own, shared] = [`img_${'2'.repeat(32)}`, `img_${'3'.repeat(32)}`]
  const [session, other] = [await fillSession(fixture, process), await fillSession(fixture, process)]
  for (const [holder, id] of [[session, own], [session, shared], [other, shared]] as const) await showImage(fixture, holder, id)
  const performer = await fixture.startProcess()
  await performer.engine.startBackground()
  await process.engine.deleteSession({ organization_id, session_id: session })
  await until(isErased(session))
  const images = async () => (await fixture.pool.query<{ id: string }>('SELECT id FROM images WHERE id = ANY ($1)', [[own, shared]])).rows.map(({ id }) => id)
  await until(async () => !(await images()).includes(own))
  expect(await images()).toEqual([shared])
  const { rows } = await fixture.pool.query('SELECT FROM image_blobs WHERE sha256 = $1', [own.slice(-32)])
  expect(rows).toEqual([])
  await performer.stop()
})

test('a deleted session whose order was lost is erased with the next look', async () => {
  const session = await fillSession(fixture, process)
  await fixture.pool.query('SELECT delete_session($1, $2)', [organization_id, session])
  const performer = await fixture.startProcess()
  await performer.engine.startBackground()
  // As it is ordered every minute.
  await performer.engine.background.order('erase-sessions', {})
  await until(isErased(session))
  await performer.stop()
  expect(await countSessionRows(fixture.pool, session)).toEqual({})
})

test('a session that cannot be erased keeps no other waiting', async () => {
  const [held, other] = [await fillSession(fixture, process), await fillSession(fixture, process)]
  await fixture.pool.query(`
    CREATE FUNCTION hold_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it stays'; END $$;
    CREATE TRIGGER hold_turns BEFORE DELETE ON turns FOR EACH ROW WHEN (OLD.session_id = '${held}') EXECUTE FUNCTION hold_turn()`)
  for (const session of [held, other]) await fixture.pool.query('SELECT delete_session($1, $2)', [organization_id, session])
  const { signal } = new AbortController()
  const duty = createEraseSessions({ pool: fixture.pool, orderLater: async () => {} })
  await expect(duty.perform({}, signal)).rejects.toThrow()
  expect(await countSessionRows(fixture.pool, other)).toEqual({})
  await fixture.pool.query('DROP TRIGGER hold_turns ON turns')
  await duty.perform({}, signal)
  expect(await countSessionRows(fixture.pool, held)).toEqual({})
})

test('a turn of a deleted session stops at once in the process that deletes it', async () => {
  const session = await fixture.createSession()
  await process.engine.acceptMessage(fixture.message(session, script([{ text: 'never', fail: { kind: 'hang', times: 1 } }])))
  await fixture.eventsUntil(process, session, 'reason.started')
  await process.engine.deleteSession({ organization_id, session_id: session })
  await until(() => process.engine.worker.isIdle)
  expect(await process.engine.acceptMessage(fixture.message(session, 'late'))).toEqual({ outcome: 'session_not_found' })
})
