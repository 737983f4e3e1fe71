import { createScheduleRequest, schedule, updateScheduleRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createSchedule } from '../operations/create-schedule.ts'
import { deleteSchedule } from '../operations/delete-schedule.ts'
import { getSchedule, getScheduleInput } from '../operations/get-schedule.ts'
import { listSchedules, listSchedulesInput } from '../operations/list-schedules.ts'
import { updateSchedule } from '../operations/update-schedule.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describePage } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

const tags = ['Schedules']

export function registerSchedules(server: FastifyInstance, services: Services): void {
  const createDocs = {
    tags,
    summary: 'Create schedule',
    description: 'A message that is posted by `cron`, or once `at` a time: accepted exactly once for each, and of those missed while nothing ran only the latest.',
    body: createScheduleRequest,
    response: { 201: schedule, ...problems(400, 401, 403, 404, 409, 413, 415, 503) },
  }
  server.post('/schedules', { schema: createDocs }, async (request, reply) => {
    const body = checkInput(createScheduleRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return reply.code(201).send(await createSchedule(services, request.caller, body))
  })

  const listDocs = { tags, summary: 'List schedules, the newest first', querystring: listSchedulesInput, response: { 200: describePage(schedule), ...problems(400, 401, 403) } }
  server.get('/schedules', { schema: listDocs }, async (request) =>
    listSchedules(services, request.caller, checkInput(listSchedulesInput, readQuery(request.query, listSchedulesInput))),
  )

  const params = getScheduleInput
  const getDocs = { tags, summary: 'Get schedule', params, response: { 200: schedule, ...problems(400, 401, 403, 404) } }
  server.get('/schedules/:schedule_id', { schema: getDocs }, async (request) => getSchedule(services, request.caller, { schedule_id: readPathId(request, 'schedule_id') }))

  const updateDocs = { tags, summary: 'Update schedule', params, body: updateScheduleRequest, response: { 200: schedule, ...problems(400, 401, 403, 404, 413, 415, 503) } }
  server.patch('/schedules/:schedule_id', { schema: updateDocs }, async (request, reply) => {
    const schedule_id = readPathId(request, 'schedule_id')
    const body = checkInput(updateScheduleRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateSchedule(services, request.caller, { ...body, schedule_id })
  })

  const deleteDocs = { tags, summary: 'Delete schedule', params, response: { 204: z.null(), ...problems(400, 401, 403, 404) } }
  server.delete('/schedules/:schedule_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteSchedule(services, request.caller, { schedule_id: readPathId(request, 'schedule_id') })
    return reply.code(204).send()
  })
}
