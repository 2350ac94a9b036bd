import { describe, expect, it } from 'vitest'

import { problemOf } from '@/api/problem'
import { ageParts, bytes, clipTime, durationParts, localDateTime, localTime, percent } from '@/app/format'
import { chooseLanguage, theme } from '@/app/prefs'
import { steadyUrl } from '@/app/signed'
import { camerasIn } from '@/cameras/siteFile'
import { byDay, outages, shareWatched, whole } from '@/cameras/watch'
import { sha256Hex, verify } from '@/cases/verify'
import { filtersOf, queryOf, requestOf } from '@/queue/filters'
import { ownerLeft, placeInClip, readManifest } from '@/queue/manifest'
import { staleNews } from '@/queue/stale'
import { boundKey, isYesNo, sentence } from '@/queue/why'
import { safeNext } from '@/router'

describe('times and numbers', () => {
  it('shows times in the installation’s zone, wherever the browser is', () => {
    expect(localDateTime('2026-11-23T16:30:05.000Z', 'Asia/Shanghai')).toBe('2026-11-24 00:30:05')
    expect(localDateTime('nonsense', 'Asia/Shanghai')).toBe('')
  })

  it('leaves the date out only on the same day in that zone', () => {
    const now = Date.parse('2026-11-23T17:00:00Z')
    expect(localTime('2026-11-23T16:30:05Z', now, 'Asia/Shanghai')).toBe('00:30:05')
    expect(localTime('2026-11-23T15:30:05Z', now, 'Asia/Shanghai')).toBe('11-23 23:30:05')
    expect(localTime('2025-12-31T15:30:05Z', now, 'Asia/Shanghai')).toBe('2025-12-31 23:30:05')
  })

  it('counts ages in the largest whole unit and never below zero', () => {
    expect(ageParts(-5)).toEqual({ n: 0, unit: 's' })
    expect(ageParts(59.9)).toEqual({ n: 59, unit: 's' })
    expect(ageParts(60)).toEqual({ n: 1, unit: 'min' })
    expect(ageParts(3600 * 47)).toEqual({ n: 47, unit: 'h' })
    expect(ageParts(3600 * 49)).toEqual({ n: 2, unit: 'd' })
  })

  it('writes durations, places, shares and sizes', () => {
    expect(durationParts(252)).toEqual({ h: 0, min: 4, s: 12 })
    expect(durationParts(59.6)).toEqual({ h: 0, min: 1, s: 0 })
    expect(clipTime(67.45)).toBe('1:07.4')
    expect([percent(0), percent(0.0008), percent(0.031), percent(0.83)]).toEqual(['0.0 %', '0.08 %', '3.1 %', '83 %'])
    expect([bytes(1023), bytes(1536), bytes(3 * 1024 * 1024)]).toEqual(['1023 B', '1.5 KiB', '3.0 MiB'])
  })
})

describe('the address', () => {
  it('restores the filters it was made from', () => {
    const filters = filtersOf({ state: 'escalated', kind: 'illegal_stall', key_area: 'true', sort: 'score', q: 'wukang' })
    expect(filtersOf(queryOf(filters))).toEqual(filters)
    expect(requestOf(filters)).toMatchObject({ state: 'escalated', key_area: true, sort: 'score', permitted: undefined })
  })

  it('of the plain queue is bare, and nonsense falls back to it', () => {
    expect(queryOf(filtersOf({}))).toEqual({})
    expect(filtersOf({ state: 'burning', sort: ['a', 'b'], kind: '' })).toEqual(filtersOf({}))
  })

  it('leads nowhere but here after log-in', () => {
    expect(safeNext('/cases?state=opened')).toBe('/cases?state=opened')
    for (const bad of ['//elsewhere.example', '/\\elsewhere.example', 'https://elsewhere.example', '/login', undefined, ['/queue']]) expect(safeNext(bad)).toBeNull()
  })
})

describe('languages', () => {
  it('follow the stored choice, then the browser, then Chinese', () => {
    expect(chooseLanguage('en', ['zh-CN'])).toBe('en')
    expect(chooseLanguage(null, ['fr', 'en-GB', 'zh'])).toBe('en')
    expect(chooseLanguage(null, ['zh-HK', 'en'])).toBe('zh-CN')
    expect(chooseLanguage('klingon', ['fr'])).toBe('zh-CN')
  })
})

describe('signed addresses', () => {
  const at = (expires: number, file = 'trigger.jpg') => `/api/v1/evidence/x/${file}?expires=${expires}&purpose=queue&sig=${expires}`

  it('stay while they are good, and give way when they lapse or mean another file', () => {
    const now = 1_000_000_000
    const soon = now / 1000 + 10
    const late = now / 1000 + 300
    expect(steadyUrl(at(late), at(late + 60), now)).toBe(at(late))
    expect(steadyUrl(at(soon), at(late), now)).toBe(at(late))
    expect(steadyUrl(at(late), at(late, 'mid.jpg'), now)).toBe(at(late, 'mid.jpg'))
    expect(steadyUrl(null, at(late), now)).toBe(at(late))
    expect(steadyUrl(at(late), null, now)).toBeNull()
  })
})

describe('verification', () => {
  const data = new TextEncoder().encode('abc')
  // FIPS 180-4, example of "abc".
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const answer = (body: BodyInit | null, status = 200) => async () => new Response(body, { status })

  it('computes the digest of the standard’s example', async () => {
    expect(await sha256Hex(data)).toBe(digest)
  })

  it('tells same from different from not to be had', async () => {
    expect(await verify('/x', digest.toUpperCase(), answer(data))).toMatchObject({ state: 'same', bytes: 3 })
    expect(await verify('/x', digest, answer('abd'))).toMatchObject({ state: 'differs' })
    expect(await verify('/x', digest, answer(data, 403))).toEqual({ state: 'unreachable', status: 403 })
    expect(await verify('/x', digest, () => Promise.reject(new TypeError('no network')))).toEqual({ state: 'unreachable', status: null })
  })
})

describe('what the server says', () => {
  it('keeps its kind, word and sentence, and survives any other shape', () => {
    expect(problemOf(409, { error: { code: 'stale', message: 'somebody decided', details: { state: 'confirmed' } } })).toEqual({ kind: 'stale', status: 409, code: 'stale', detail: 'somebody decided', details: { state: 'confirmed' } })
    expect(problemOf(502, '<html>')).toEqual({ kind: 'server', status: 502, code: '', detail: '' })
    expect(problemOf(409, { error: { code: 'claimed', message: '' } }).kind).toBe('claimed')
    expect(problemOf(409, {}).kind).toBe('conflict')
  })

  it('names who was faster, and leaves out what it cannot read', () => {
    const details = { state: 'confirmed', decisions: [{ by: 'li.na', verdict: 'confirm', at: '2026-11-23T04:00:00Z' }, { by: 7 }, { by: 'x', verdict: 'explode' }] }
    expect(staleNews(problemOf(409, { error: { code: 'stale', message: '', details } }))).toEqual({ state: 'confirmed', changes: [{ by: 'li.na', verdict: 'confirm', at: '2026-11-23T04:00:00Z' }] })
    expect(staleNews(problemOf(409, {}))).toEqual({ state: null, changes: [] })
  })
})

describe('when the owner left', () => {
  const facts = [{ name: 'dwell', value: 31.5 }, { name: 'left_behind', value: 1 }]

  it('is as long before the trigger as the thing lay there alone', () => {
    expect(ownerLeft(100, facts, [])).toBe(68.5)
  })

  it('is not said where the rule asks for no owner, or where nobody saw all of the time', () => {
    expect(ownerLeft(100, facts.slice(0, 1), [])).toBeNull()
    expect(ownerLeft(100, [{ name: 'dwell', value: 31.5 }, { name: 'left_behind', value: 0 }], [])).toBeNull()
    expect(ownerLeft(100, facts, ['no footage before 04:01'])).toBeNull()
  })
})

describe('the manifest', () => {
  const manifest = readManifest({
    items: [
      { role: 'trigger', from: { run: 1, at_s: 5, at: '2026-11-23T04:00:05Z' } },
      { role: 'clip', from: { run: 2, at_s: 90, at: '2026-11-23T04:01:30Z' } },
    ],
    gaps: [{ what: 'no footage before 04:01' }, {}],
  })

  it('gives the clips and what is missing', () => {
    expect(manifest).toEqual({ clips: [{ role: 'clip', run: 2, fromS: 90, fromAt: Date.parse('2026-11-23T04:01:30Z') }], gaps: ['no footage before 04:01'] })
    expect(readManifest('not one')).toEqual({ clips: [], gaps: [] })
  })

  it('places a moment by stream seconds within a connection and by the wall clock across two', () => {
    const span = manifest.clips[0]!
    expect(placeInClip(span, { run: 2, s: 97.5, at: '' })).toBe(7.5)
    expect(placeInClip(span, { run: 1, s: 4000, at: '2026-11-23T04:01:33Z' })).toBe(3)
    expect(placeInClip(span, { run: 1, s: 4000, at: '' })).toBeNull()
  })
})

describe('the trace in words', () => {
  const say = (key: string, values?: Record<string, unknown>) => `${key}${values ? JSON.stringify(values) : ''}`

  it('is built from the facts, or not at all when one is missing', () => {
    const dwell = { name: 'dwell', value: 252, unit: 's' }
    const text = sentence('illegal_stall', [dwell, { name: 'attended_share', value: 0.83, unit: 'share' }], say)
    expect(text).toContain('whyText.illegal_stall')
    expect(text).toContain('83 %')
    expect(sentence('illegal_stall', [dwell], say)).toBeNull()
    expect(sentence('something_new', [dwell], say)).toBeNull()
  })
})

describe('a condition of a trace', () => {
  const fact = (value: number, needed: number, unit = '') => ({ name: 'x', value, needed, unit })

  it('says on which side of its bound it holds', () => {
    expect(boundKey(fact(0.074, 0.6, 'share'))).toBe('facts.atMost')
    expect(boundKey(fact(0.69, 0.18, 'share'))).toBe('facts.atLeast')
    expect(boundKey(fact(12, 12, 's'))).toBe('facts.atLeast')
    expect(boundKey(fact(1, 1, 'share'))).toBe('facts.bound')
  })

  it('is yes or no where it has to be so, and where it must not', () => {
    expect(isYesNo(fact(1, 1))).toBe(true)
    expect(isYesNo(fact(0, 0.5))).toBe(true)
    expect(isYesNo(fact(0.599, 0.5))).toBe(false)
    expect(isYesNo(fact(0, 0.5, 's'))).toBe(false)
  })
})

describe('what is printed', () => {
  it('has the light theme, and the screen keeps its own', async () => {
    theme.value = 'dark'
    await Promise.resolve()
    const shown = () => document.documentElement.dataset.theme
    expect(shown()).toBe('dark')
    window.dispatchEvent(new Event('beforeprint'))
    expect([shown(), theme.value]).toEqual(['light', 'dark'])
    window.dispatchEvent(new Event('afterprint'))
    expect(shown()).toBe('dark')
    theme.value = 'light'
  })
})

describe('a camera’s week', () => {
  const at = (time: string) => Date.parse(`2026-11-23T${time}Z`)
  const span = (from: string, until: string, health: 'ok' | 'dark') => ({ from: `2026-11-23T${from}Z`, until: `2026-11-23T${until}Z`, health })
  const pieces = whole([span('00:00:00', '10:00:00', 'ok'), span('12:00:00', '12:00:30', 'dark'), span('12:00:30', '17:58:00', 'ok')], at('08:00:00'), at('18:00:00'))

  it('has holes of which nobody knows, and none of the last minutes in which a word is still awaited', () => {
    expect(pieces.map((piece) => [piece.was, (piece.until - piece.from) / 60_000])).toEqual([['ok', 120], ['unknown', 120], ['dark', 0.5], ['ok', 359.5]])
    expect(whole([], at('08:00:00'), at('18:00:00'))).toEqual([{ was: 'unknown', from: at('08:00:00'), until: at('18:00:00') }])
    expect(shareWatched(pieces)).toBeCloseTo(479.5 / 600)
    expect(shareWatched([])).toBeNull()
    expect(outages(pieces).map((piece) => piece.was)).toEqual(['unknown'])
  })

  it('is cut at the midnight of the installation', () => {
    const days = byDay(pieces, (ms) => localDateTime(new Date(ms).toISOString(), 'Asia/Shanghai'))
    expect(days.map((day) => [day.date, day.pieces.map((piece) => piece.was)])).toEqual([['2026-11-24', ['ok']], ['2026-11-23', ['ok', 'unknown', 'dark', 'ok']]])
    expect(days[0]?.pieces[0]).toMatchObject({ x: 0, w: 2 / 24 })
    for (const day of days) expect(day.pieces.reduce((sum, piece) => sum + piece.w, 0)).toBeLessThanOrEqual(1)
  })
})

describe('a site file', () => {
  it('has as many cameras as it has such tables', () => {
    expect(camerasIn('time_zone = "Asia/Shanghai"\n\n[[camera]]\nid = "a"\n[[camera.zone]]\n#[[camera]]\n  [[ camera ]]\nid = "b"\n')).toBe(2)
    expect(camerasIn('')).toBe(0)
  })
})
