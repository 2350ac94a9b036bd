import { describe, expect, it } from 'vitest'

import { goesOn, losses, perMinute, rate, silentSince, unaccounted, type Sum } from '@/cameras/flow'

const sum = (more: Partial<Sum>): Sum => ({ from: '2026-10-01T08:00:00Z', until: '2026-10-01T09:00:00Z', known_s: 3600, received: 90_000, decoded: 1800, inferred: 1800, active_s: 0, dropped: [], ...more })
const camera = { id: 'a', name: 'A', district: '', street: '', watching: 'watching', evidence_mode: 'clue_only', version: 1, zones: 0, open: 0 } as const

describe('the flow of a camera', () => {
  it('has rates of the time there is an account of', () => {
    expect(perMinute(90_000, sum({}))).toBe(1500)
    expect(perMinute(45_000, sum({ known_s: 1800 }))).toBe(1500)
    expect(perMinute(0, sum({ known_s: 0 }))).toBeNull()
    expect([rate(null), rate(0), rate(4.25), rate(1500)]).toEqual(['–', '0', '4.3', '1,500'])
  })

  it('says how much of a period nobody knows, but not what the next account will tell', () => {
    expect(unaccounted(sum({ known_s: 3300 }))).toBe(0)
    expect(unaccounted(sum({ known_s: 1800 }))).toBe(1800)
  })

  it('tells losses apart from what is left out on purpose', () => {
    const told = losses(sum({ dropped: [{ reason: 'not_needed', frames: 88_000 }, { reason: 'newer_came', frames: 3 }, { reason: 'undecodable', frames: 9 }] }))
    expect(told.map((one) => [one.reason, one.saved])).toEqual([['undecodable', false], ['newer_came', false], ['not_needed', true]])
    expect(told[0]?.share).toBeCloseTo(0.0001)
    expect(losses(sum({ received: 0, dropped: [{ reason: 'undecodable', frames: 1 }] }))[0]?.share).toBe(0)
  })

  it('knows since when no frame came', () => {
    expect(silentSince(camera)).toBeNull()
    expect(silentSince({ ...camera, watching: 'dark', health: 'covered', health_since: '2026-10-01T08:00:00Z' })).toBeNull()
    expect(silentSince({ ...camera, watching: 'dark', health: 'offline', health_since: '2026-10-01T08:00:00Z', last_seen_at: '2026-10-01T08:30:00Z' })).toBe(Date.parse('2026-10-01T08:00:00Z'))
    expect(silentSince({ ...camera, watching: 'unknown', health: 'ok', last_seen_at: '2026-10-01T08:30:00Z' })).toBe(Date.parse('2026-10-01T08:30:00Z'))
    expect(silentSince({ ...camera, watching: 'unknown' })).toBeNull()
  })

  it('lets only the newest run go on, and only while the camera watches', () => {
    const run = { run: 1, from: '', until: '' }
    expect([goesOn(run, 0, 'watching'), goesOn(run, 1, 'watching'), goesOn(run, 0, 'unknown'), goesOn({ ...run, ended: 'stalled' }, 0, 'watching')]).toEqual([true, false, false, false])
  })
})
