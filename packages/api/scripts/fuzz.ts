// Throws generated requests at every operation and procedure: `pnpm fuzz --cases 2000 --seed 7 --only "POST /v1/agents"`.
// Without --seed another one is taken each time, and shown. --tell shows how each operation answered.
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string' }, only: { type: 'string', default: '' }, tell: { type: 'boolean', default: false } },
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
console.log(`seed ${seed}`)
const fuzz = { cases: Number(values.cases), seed, only: values.only, tells: values.tell }
// A route is told from a procedure by its blank or slash; a file in which nothing is left would count as failed.
const files = values.only === '' ? ['fuzz'] : [/[ /]/.test(values.only) ? 'fuzz.test' : 'fuzz-procedures']
await startVitest('test', files.map((file) => `packages/api/test/${file}`), { project: ['api'], watch: false, provide: { fuzz } })
