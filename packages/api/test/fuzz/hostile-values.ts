import fc from 'fast-check'
import { makeText } from './write-json.ts'

const strings = [
  '', ' ', '\0', 'a\0b', '\ud800', 'x\udfffy', '\u202Eevil\u202C', '👩‍👩‍👧‍👦', 'é\u0301', '\ufeff', '\r\nX-Injected: 1', '%00', '%ff', '../../etc/passwd', '..%2f..%2f',
  "'; DROP TABLE sessions; --", "' OR '1'='1", '%', '_', '\\', '<script>alert(1)</script>', '${7*7}', '{{7*7}}', '__proto__', 'constructor', 'toString', 'null', 'undefined', 'NaN',
  'true', '-1', '1e9', '0x10', '１２', '2024-02-30T00:00:00Z', 'data:image/png;base64,AAAA', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'a'.repeat(257), 'é'.repeat(5_000),
]
/** Written as they stand, for `JSON.stringify` would write another number, or none. */
const numbers = ['0', '-0', '-1', '1', '0.5', '1e9', '1e400', '-1e400', '9007199254740992', '9007199254740993', '1e-400', '2147483648', '3.0000000000000004']

export const hostileText: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...strings), fc.string({ unit: 'binary', maxLength: 40 }))

/** Ids that nothing has: unknown ones, of other kinds, in other spellings, too short. */
export const hostileId: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('sess_', 'agent_', 'img_', 'event_', 'turn_', 'model_', 'org_').chain((prefix) =>
    fc.constantFrom('0', 'f', 'F', 'g').chain((digit) => fc.constantFrom(31, 32, 33, 0).map((length) => prefix + digit.repeat(length))),
  ),
  hostileText,
)

/** What may stand anywhere in a body and belongs nowhere. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 3, arbitrary: fc.constantFrom(...numbers).map(makeText) },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { a: 1 }) },
  { weight: 1, arbitrary: hostileId },
  { weight: 1, arbitrary: fc.constantFrom(60, 70, 2_000).map(nest) },
  { weight: 1, arbitrary: fc.constantFrom(65, 101, 1_001).map((length) => Array.from({ length }, () => 'a')) },
  { weight: 1, arbitrary: fc.constantFrom('{"__proto__":{"role":"admin"}}', '{"constructor":{"prototype":{"x":1}}}', '{"a":1,"a":2}', '{"\\u0000":1}').map(makeText) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)

function nest(depth: number): unknown {
  return makeText('['.repeat(depth) + ']'.repeat(depth))
}
