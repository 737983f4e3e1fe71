import { expect, test } from 'vitest'
import { HostFolder } from './support/host-folder.ts'
import { runCli } from './support/start-cli.ts'

test('the demo shows a turn with thinking, tools and a picture, and ends with the final message', async () => {
  const folder = await HostFolder.create()
  try {
    const { address } = await folder.start()
    const { code, stdout, stderr } = await runCli(['demo'], { PORT: new URL(address).port })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const type of ['input.message', 'reason.thinking.delta', 'tool.completed', 'output.message.delta', 'turn.completed']) expect(stdout).toContain(type)
    expect(stdout).toContain('calculator {"value":64000}')
    expect(stdout.split('The final message:')[1]).toContain('64,000 pixels')
    // No colour where nobody sees it.
    expect(stdout).not.toContain('\u001b')
  } finally {
    await folder.remove()
  }
})
