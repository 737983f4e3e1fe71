import { organization, updateOrganizationRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getOrganization } from '../operations/get-organization.ts'
import { updateOrganization } from '../operations/update-organization.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'

const docs = { tags: ['Organization'] }

export function registerOrganization(server: FastifyInstance, services: Services): void {
  const getDocs = { ...docs, summary: 'Get the organization', response: { 200: organization, ...problems(401, 404) } }
  server.get('/organization', { schema: getDocs }, async (request) => getOrganization(services, request.caller))

  const updateDocs = {
    ...docs,
    summary: 'Change limits and settings of the organization',
    description: 'Needs the scope admin. Limits hold within five seconds, in every process; what runs or is open already goes on.',
    body: updateOrganizationRequest,
    response: { 200: organization, ...problems(400, 401, 403, 404, 413, 415) },
  }
  server.patch('/organization', { schema: updateDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return await updateOrganization(services, request.caller, checkInput(updateOrganizationRequest, body))
  })
}
