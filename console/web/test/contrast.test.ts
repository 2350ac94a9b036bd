import { readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, it } from 'vitest'

const css = readFileSync(path.resolve(import.meta.dirname, '../src/styles/tokens.css'), 'utf8')

function theme(name: string): Record<string, string> {
  const block = new RegExp(`\\[data-theme='${name}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? ''
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const SURFACES = ['bg', 'surface', 'surface-2', 'surface-3']
const PAIRS: [string, string[]][] = [
  ['ink', [...SURFACES, 'accent-soft']],
  ['ink-2', [...SURFACES, 'accent-soft']],
  ['ink-3', SURFACES],
  ['accent', ['bg', 'surface', 'surface-2', 'accent-soft']],
  ['accent-ink', ['accent']],
  ['ok', ['surface', 'ok-soft']],
  ['warn', ['bg', 'surface', 'warn-soft', 'accent-soft']],
  ['bad', ['surface', 'bad-soft']],
  ['rail-ink', ['rail-bg']],
  ...['stall', 'shop', 'advert', 'dump'].map((kind): [string, string[]] => [`kind-${kind}`, ['bg', 'surface', 'surface-2', 'accent-soft']]),
]

describe.each(['light', 'dark'])('the %s theme', (name) => {
  const tokens = theme(name)
  it.each(PAIRS)('%s reads at 4.5:1 on %j', (ink, surfaces) => {
    for (const surface of surfaces) {
      expect(tokens[ink], ink).toBeDefined()
      expect(contrast(tokens[ink] ?? '', tokens[surface] ?? ''), `${ink} on ${surface}`).toBeGreaterThanOrEqual(4.5)
    }
  })
})
