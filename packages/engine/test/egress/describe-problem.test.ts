import { afterAll, expect, test } from 'vitest'
import { createEgress } from '../../src/egress/egress.ts'

const egress = createEgress({ allow: ['localhost:11434', '10.0.0.7:443', '[::1]:8080'] })
afterAll(() => egress.stop())

test.each(['https://api.example.com/v1', 'https://8.8.8.8/v1', 'http://localhost:11434/v1', 'https://10.0.0.7/v1', 'http://[::1]:8080/v1'])('%s may be', (url) => {
  expect(egress.describeProblem(url)).toBeNull()
})

test.each([
  'http://api.example.com/v1', 'https://localhost/v1', 'https://api.localhost./v1', 'https://127.0.0.1/v1', 'https://2130706433/', 'https://0/', 'https://10.0.0.7:8443/', 'https://[::1]/',
  'https://[::ffff:10.0.0.7]/', 'https://169.254.169.254/', 'http://localhost:11435/v1', 'file:///etc/passwd', 'https://me@example.com/',
])('%s may not', (url) => {
  expect(egress.describeProblem(url)).toMatch(/are refused/)
})
