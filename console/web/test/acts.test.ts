import { readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, it } from 'vitest'

import { fieldInstant, fieldTime } from '@/app/format'
import { FIELDS, forward, REVIEW_KEYS, reviewCommand, STATES } from '@/cases/acts'
import en from '@/i18n/en'

const schema = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../openapi.json'), 'utf8')) as { components: { schemas: Record<string, { enum?: string[]; properties?: Record<string, unknown> }> } }
const press = (key: string, more: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more })

describe('acts on a case', () => {
  it('are all known here, with fields that the server knows', () => {
    expect(Object.keys(FIELDS).sort()).toEqual([...(schema.components.schemas.CaseAct?.enum ?? [])].sort())
    const known = Object.keys(schema.components.schemas.NewCaseAct?.properties ?? {})
    for (const field of Object.values(FIELDS).flat()) expect(known).toContain(field)
  })

  it('lead to states that are all listed', () => {
    expect([...STATES].sort()).toEqual([...(schema.components.schemas.CaseState?.enum ?? [])].sort())
  })

  it('have a word for every enum of theirs that is shown', () => {
    const shown = { CaseAct: en.caseAct, Defect: en.defect, Channel: en.channel, Outcome: en.outcome, Track: en.track, RecheckProposal: en.proposal, Ground: en.ground, ClueReason: en.clueReason, SubjectKind: en.subjectKind }
    for (const [type, words] of Object.entries(shown)) expect(Object.keys(words).sort(), type).toEqual([...(schema.components.schemas[type]?.enum ?? [])].sort())
  })
})

describe('the keys of legal review', () => {
  it('do what the help says', () => {
    const doing = REVIEW_KEYS.map((line) => reviewCommand(press(line.keys[0] ?? ''), 'page')?.do)
    expect(doing).toEqual(['take', 'tick', 'pass', 'reject', 'dispatch', 'next', 'help'])
    expect(reviewCommand(press('5'), 'page')).toEqual({ do: 'tick', index: 4 })
  })

  it('never act while somebody types, holds a key down or uses a shortcut of the browser', () => {
    for (const key of ['t', '1', 'Enter', 'x', 'd', 'n']) {
      expect(reviewCommand(press(key), 'typing')).toBeNull()
      expect(reviewCommand(press(key, { repeat: true }), 'page')).toBeNull()
      expect(reviewCommand(press(key, { ctrlKey: true }), 'page')).toBeNull()
    }
    expect(reviewCommand(press('Enter'), 'control')).toBeNull()
    expect(reviewCommand(press('Escape'), 'typing')).toEqual({ do: 'cancel' })
  })
})

describe('a time in a field', () => {
  it('is the console’s, as the times on the page are, wherever the browser stands', () => {
    const ms = Date.UTC(2026, 10, 26, 20, 5)
    expect(fieldTime(ms, 'Asia/Shanghai')).toBe('2026-11-27T04:05')
    expect(fieldInstant('2026-11-27T04:05', 'Asia/Shanghai')).toBe('2026-11-26T20:05:00.000Z')
    expect(fieldInstant('2026-11-27', 'Asia/Shanghai')).toBe('2026-11-26T16:00:00.000Z')
    expect(fieldInstant('', 'Asia/Shanghai')).toBeNull()
  })

  it('comes back as the minute it was on every side of a changed clock', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Asia/Kathmandu'])
      for (let hour = 0; hour < 30; hour += 1)
        for (const day of [Date.UTC(2026, 2, 7), Date.UTC(2026, 2, 28), Date.UTC(2026, 9, 24), Date.UTC(2026, 9, 31)]) {
          const ms = day + hour * 3_600_000
          const back = Date.parse(fieldInstant(fieldTime(ms, zone), zone) ?? '')
          // In the hour that comes twice the first or the second is meant: the field cannot tell.
          expect(fieldTime(back, zone)).toBe(fieldTime(ms, zone))
        }
  })
})

describe('the way on', () => {
  it('is marked where there is one, and what the camera proposes is', () => {
    expect(forward('opened')).toBe('take')
    expect(forward('warned', 'wait')).toBeNull()
    expect(forward('warned', 'corrected')).toBe('find_corrected')
    expect(forward('warned', 'not_corrected')).toBe('find_not_corrected')
    expect(forward('not_corrected')).toBeNull()
  })
})
