import { beforeEach, describe, expect, it } from 'vitest'

import { session } from '@/app/session'
import { filtersOf, queryOf, requestOf } from '@/queue/filters'
import { commandFor } from '@/queue/keys'
import { readClock } from '@/queue/sla'
import { runs, together } from '@/queue/together'
import { blankDraft, forgetDraft, keep, recall } from '@/queue/useDraft'

describe('the clock of a review', () => {
  const item = { received_at: '2026-11-23T10:00:00Z', due_at: '2026-11-23T10:30:00Z', hard_stop_at: '2026-11-28T10:00:00Z' }
  const at = (time: string) => readClock(item, Date.parse(time))

  it('says what the server’s filter says, to the second', () => {
    expect(at('2026-11-23T10:19:59Z')).toMatchObject({ clock: 'in_time', seconds: 601 })
    expect(at('2026-11-23T10:20:00Z')).toMatchObject({ clock: 'soon', seconds: 600 })
    expect(at('2026-11-23T10:29:59Z').clock).toBe('soon')
    expect(at('2026-11-23T10:30:00Z')).toMatchObject({ clock: 'overdue', seconds: 0 })
    expect(at('2026-11-27T09:59:59Z').clock).toBe('overdue')
    expect(at('2026-11-27T10:00:00Z')).toMatchObject({ clock: 'lapsing', seconds: 86_400 })
  })

  it('fills from nothing to all and no further', () => {
    expect(at('2026-11-23T09:00:00Z').share).toBe(0)
    expect(at('2026-11-23T10:15:00Z').share).toBe(0.5)
    expect(at('2026-11-24T10:00:00Z').share).toBe(1)
  })
})

describe('the queue', () => {
  it('is by urgency unless somebody asked otherwise', () => {
    expect(requestOf(filtersOf({})).sort).toBe('risk')
    expect(queryOf(filtersOf({ sort: 'risk' }))).toEqual({})
    const overdue = filtersOf({ sla: 'overdue', sort: 'newest', state: 'merged' })
    expect(filtersOf(queryOf(overdue))).toEqual(overdue)
    expect(requestOf(overdue)).toMatchObject({ sla: 'overdue', sort: 'newest', state: 'merged' })
    expect(filtersOf({ sla: 'late' })).toEqual(filtersOf({}))
  })

  it('tells x from X: one candidate or many', () => {
    const press = (key: string) => commandFor({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false }, 'page', false)
    expect([press('x'), press('X'), press('v'), press('m')]).toEqual([{ do: 'reject' }, { do: 'bulk' }, { do: 'mark' }, { do: 'merge' }])
  })
})

describe('what was typed and not sent', () => {
  const as = (name: string) => {
    session.value = { user: { name } } as unknown as typeof session.value
  }
  const draft = { ticks: [true, false, true, false], note: 'by the gate', otherNote: '' }
  beforeEach(() => {
    sessionStorage.clear()
    as('ada')
  })

  it('is there again for the same person and candidate, and for nobody else', () => {
    keep('c1', draft)
    expect(recall('c1')).toEqual(draft)
    expect(recall('c2')).toEqual(blankDraft())
    as('bob')
    expect(recall('c1')).toEqual(blankDraft())
  })

  it('goes with the decision, and the oldest go when there are many', () => {
    keep('c0', draft)
    forgetDraft('c0')
    expect(recall('c0')).toEqual(blankDraft())
    for (let n = 0; n < 31; n++) keep(`c${n}`, draft)
    expect(recall('c0')).toEqual(blankDraft())
    expect(recall('c30')).toEqual(draft)
  })

  it('is blank where the storage holds something else', () => {
    for (const text of ['nonsense', '{"a":1}', '[["c1",{"ticks":[true],"note":1}]]']) {
      sessionStorage.setItem('kerbwatch.drafts.ada', text)
      expect(recall('c1')).toEqual(blankDraft())
    }
  })
})

describe('what comes from one place together', () => {
  const row = (id: string, zone: string, time: string, camera = 'cam-1') => ({ id, camera, zone, received_at: `2026-11-23T${time}Z` })
  const rows = [
    row('a', 'north', '10:00:00'),
    row('b', 'south', '10:01:00'),
    row('c', 'north', '10:12:00'),
    row('d', 'north', '10:04:00'),
    row('e', 'north', '10:25:00'),
    row('f', 'north', '10:05:00', 'cam-2'),
  ]

  it('stands together where the first of it stood, in its order', () => {
    expect(together(rows).map((one) => one.id)).toEqual(['a', 'c', 'd', 'b', 'e', 'f'])
    expect(together([])).toEqual([])
  })

  it('says how many stand together, and of which rows it is said above', () => {
    expect([...runs(together(rows))]).toEqual([['a', 3], ['c', 0], ['d', 0], ['b', 1], ['e', 1], ['f', 1]])
    // In another order only neighbours are called together.
    expect([...runs(rows)]).toEqual([['a', 1], ['b', 1], ['c', 2], ['d', 0], ['e', 1], ['f', 1]])
  })
})
