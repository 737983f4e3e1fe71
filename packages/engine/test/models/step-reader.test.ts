import { describe, expect, it } from 'vitest'
import { StepReader } from '../../src/models/step-reader.ts'

const encoder = new TextEncoder()

/** A body whose pieces are there whenever they are asked for; it counts how many were taken. */
function bodyOf(pieces: readonly string[], fault?: Error) {
  let taken = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[taken]
        if (piece !== undefined) controller.enqueue(encoder.encode(piece))
        else if (fault) controller.error(fault)
        else controller.close()
        taken += 1
      },
    },
    { highWaterMark: 0 },
  )
  return { reader: new StepReader(body.getReader()), taken: () => taken }
}

async function readAll(reader: StepReader): Promise<string[]> {
  const steps: string[] = []
  for (let bytes = await reader.read(); bytes !== null; bytes = await reader.read()) steps.push(new TextDecoder().decode(bytes))
  return steps
}

const pieces = Array.from({ length: 200 }, (_, index) => `${index},`)

describe('a body that is read in steps', () => {
  it('loses and reorders nothing, and takes far fewer steps than it has pieces', async () => {
    const steps = await readAll(bodyOf(pieces).reader)
    expect(steps.join('')).toBe(pieces.join(''))
    expect(steps.length).toBeLessThan(20)
  })

  it('gives its first pieces as they come', async () => {
    const steps = await readAll(bodyOf(pieces).reader)
    expect(steps.slice(0, 10)).toEqual(pieces.slice(0, 10))
  })

  it('reads nothing while nobody asks, but for one piece', async () => {
    const { reader, taken } = bodyOf(Array.from({ length: 2_000 }, () => 'x'.repeat(1_024)))
    for (let step = 0; step < 11; step++) await reader.read()
    const before = taken()
    // Ten pieces one by one, then as many as a step may have.
    expect(before).toBeLessThanOrEqual(10 + 64 + 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken()).toBe(before)
  })

  it('fails with the body’s fault, once what came before it has been read', async () => {
    const { reader } = bodyOf(pieces, new Error('cut'))
    let text = ''
    await expect(
      (async () => {
        for (let bytes = await reader.read(); bytes !== null; bytes = await reader.read()) text += new TextDecoder().decode(bytes)
      })(),
    ).rejects.toThrow('cut')
    expect(text).toBe(pieces.join(''))
  })
})
