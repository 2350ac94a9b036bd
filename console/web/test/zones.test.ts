import { describe, expect, it } from 'vitest'

import { from, stretches, without } from '@/zones/holidays'
import { corners, faultsAt, freeId, moved, newPermit, newRule, newZone, places, setCorners, snapped, type Plan, type Point } from '@/zones/model'
import { readWeek, typedWindow, writeWeek } from '@/zones/week'

function plan(): Plan {
  const one = newZone({ zones: [], holidays: [] }, 'One', [[0.1, 0.5], [0.4, 0.5], [0.4, 0.9], [0.1, 0.9]])
  return { zones: [one], holidays: [] }
}

describe('shapes', () => {
  it('draw a point to a neighbour’s corner before its edge, and to the picture’s edges', () => {
    const p = plan()
    expect(snapped([0.405, 0.505], p, null, 16 / 9)).toEqual([0.4, 0.5])
    expect(snapped([0.25, 0.507], p, null, 16 / 9)).toEqual([0.25, 0.5])
    expect(snapped([0.004, 0.2], p, null, 16 / 9)).toEqual([0, 0.2])
    expect(snapped([0.6, 0.99], p, null, 16 / 9)).toEqual([0.6, 1])
    expect(snapped([0.7, 0.3], p, null, 16 / 9)).toEqual([0.7, 0.3])
    expect(snapped([0.405, 0.505], p, { zone: 0, shape: 'polygon' }, 16 / 9), 'not to itself').toEqual([0.405, 0.505])
  })

  it('stay in the picture when moved', () => {
    const square: Point[] = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]]
    expect(moved(square, -0.5, 0)[0]).toEqual([0, 0.1])
    expect(moved(square, 0.9, 0.9)[2]).toEqual([1, 1])
  })

  it('are found and set by place; the selected zone lies on top', () => {
    const p = plan()
    const zone = p.zones[0]
    if (!zone) throw new Error('no zone')
    zone.permits.push(newPermit(zone))
    setCorners(p, { zone: 0, shape: 'permits.0' }, [[0, 0], [0.1, 0], [0.1, 0.1]])
    setCorners(p, { zone: 0, shape: 'shop_line' }, [[0, 0.5], [1, 0.5]])
    p.zones.push(newZone(p, 'Two', [[0, 0], [0.1, 0], [0.1, 0.1]]))
    expect(p.zones.map((z) => z.id)).toEqual(['zone-1', 'zone-2'])
    expect(corners(p, { zone: 0, shape: 'permits.0' })).toHaveLength(3)
    expect(places(p, 0).at(-1)).toEqual({ zone: 0, shape: 'shop_line' })
    expect(freeId('zone', ['zone-1', 'zone-3'])).toBe('zone-2')
    expect(newRule('illegal_stall').dwell_s).toBe(180)
  })

  it('have the faults of their own field', () => {
    const fault = { zone: 0, field: 'permits.0.polygon', corners: [1], code: 'outside', reason: '', warning: false }
    expect(faultsAt([fault], { zone: 0, shape: 'permits.0' })).toHaveLength(1)
    expect(faultsAt([fault], { zone: 0, shape: 'polygon' })).toHaveLength(0)
  })
})

describe('a week', () => {
  it('comes back as it was written', () => {
    for (const windows of [['mon-fri 08:00-20:00'], ['daily 06:00-09:00'], ['mon,wed 10:00-12:00', 'sat-sun 18:00-24:00'], ['mon-fri 08:30-20:30'], []]) expect(writeWeek(readWeek(windows))).toEqual(windows)
  })

  it('runs over midnight into the next day', () => {
    const { grid } = readWeek(['sun 22:00-02:00'])
    expect([grid[6]?.[46], grid[0]?.[0], grid[0]?.[3], grid[0]?.[4]]).toEqual([true, true, true, false])
    expect(writeWeek(readWeek(['sun 22:00-02:00']))).toEqual(['mon 00:00-02:00', 'sun 22:00-24:00'])
    expect(readWeek(['sat-mon 08:00-09:00']).grid.map((row) => row[16])).toEqual([true, false, false, false, false, true, true])
  })

  it('takes times that are typed, to the minute', () => {
    expect([typedWindow('daily', '8', '2030'), typedWindow('sat', '08:15', '24:00'), typedWindow('holidays', '22', '6')]).toEqual(['daily 08:00-20:30', 'sat 08:15-24:00', 'holidays 22:00-06:00'])
    for (const [from, until] of [['', '9'], ['8', '8'], ['24', '9'], ['25', '9'], ['8:60', '9'], ['8', '0']] as const) expect(typedWindow('daily', from, until)).toBeNull()
    expect(readWeek(['sat 08:15-24:00']).kept).toEqual(['sat 08:15-24:00'])
  })

  it('keeps what half hours cannot say', () => {
    const windows = ['workdays 08:00-20:00', 'holidays 00:00-24:00', 'fri 18:15-23:00', 'nonsense']
    expect(readWeek(windows).kept).toEqual(windows)
    expect(writeWeek(readWeek(windows))).toEqual(windows)
  })
})

describe('a holiday calendar', () => {
  it('is shown as stretches, over the end of a year', () => {
    expect(stretches(['2026-10-02', '2026-10-01', '2026-12-31', '2027-01-01', '2026-10-04', '2026-10-01'])).toEqual([['2026-10-01', '2026-10-02'], ['2026-10-04', '2026-10-04'], ['2026-12-31', '2027-01-01']])
    expect(stretches([])).toEqual([])
  })

  it('takes stretches that one means, not a date that is still being typed', () => {
    expect(from('2026-02-27', '2026-03-01')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01'])
    expect(from('2026-10-01', '')).toEqual(['2026-10-01'])
    for (const [first, last] of [['0002-10-01', ''], ['0202-10-01', '0202-10-02'], ['2026-10-02', '2026-10-01'], ['2026-10-01', '2027-10-01'], ['nonsense', '']] as const) expect(from(first, last), first).toBeNull()
    expect(without(['2026-10-01', '2026-10-02', '2026-10-03'], '2026-10-01', '2026-10-02')).toEqual(['2026-10-03'])
  })
})
