// What the workers in Node have in common. A line of JSON asks for a render, repeated; a line answers what it took.
//   ask:    {input, output, width, height, quality, repeat}
//   answer: {cpuMs, peakRssBytes, restingRssBytes}, cpuMs being the median
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function cpuMs(since) {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

const peakRssBytes = () => process.resourceUsage().maxRSS * 1024

/** Answers until the input ends. `render` takes the original's bytes and the ask, and gives the variant's bytes. */
export async function serve(render) {
  // What Node and the library hold before they have seen a picture.
  const restingRssBytes = peakRssBytes()
  for await (const line of createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line)
    const original = readFileSync(ask.input)
    const times = []
    let variant
    for (let turn = 0; turn < ask.repeat; turn++) {
      const started = process.cpuUsage()
      variant = await render(original, ask)
      times.push(cpuMs(started))
    }
    const peak = peakRssBytes()
    writeFileSync(ask.output, variant)
    process.stdout.write(`${JSON.stringify({ cpuMs: median(times), peakRssBytes: peak, restingRssBytes })}\n`)
  }
}
