import { describe, expect, it } from 'vitest'

import { language } from '@/app/prefs'
import { daysBack, exportAddress, readBy, readFilters, writeFilters } from '@/clearance/filters'
import { layOut, readGeo } from '@/clearance/layout'
import { length, NOTHING, number, share } from '@/clearance/numbers'
import * as tables from '@/clearance/tables'
import type { Group, Report, Times } from '@/clearance/useReport'

function group(camera: string, district: string, street: string): Group {
  const none = { value: null, low: null, high: null, part: 0, n: 0 }
  const zero = { share: null, unknown_share: null, zero: 0, violation: 0, unknown_coverage: 0, unknown_hole: 0, unknown_pending: 0, not_applicable: 0, running: 0 }
  return { key: camera, name: camera, district, street, camera, zone: null, kind: null, rank: null, score: null, sla_score: null, known_days: 0, coverage: { value: null, force_h: 0, watched_h: 0 }, zero, ovm: { minutes: 0, object_minutes: 0, per_watched_h: null, low: null, high: null, per_zone_day: null }, ovm_before: null, sla: { share: none, unknown: 0, overdue_open: 0, open: 0, oldest_open_at: null }, recurrence: none, clear_median: null, violations: 0, days: [], hours: [] }
}

describe('filters', () => {
  it('are read from the address and written back', () => {
    const query = { from: '2026-11-01', district: 'Xuhui', kind: 'illegal_stall,nonsense', key_area: 'true', until: 'soon', definition: '2', by: 'street' }
    const filters = readFilters(query)
    expect(filters).toMatchObject({ from: '2026-11-01', district: 'Xuhui', kind: 'illegal_stall', key_area: true, until: undefined, definition: 2 })
    expect(readBy(query)).toBe('street')
    expect(writeFilters({ ...filters })).toEqual({ from: '2026-11-01', district: 'Xuhui', kind: 'illegal_stall', key_area: 'true', definition: '2' })
    expect(readFilters({ definition: '-1', key_area: 'perhaps' })).toMatchObject({ definition: undefined, key_area: undefined })
  })

  it('count days with both ends, over months', () => {
    expect(daysBack('2026-03-01', 1)).toBe('2026-03-01')
    expect(daysBack('2026-03-01', 30)).toBe('2026-01-31')
  })

  it('make the address of a file', () => {
    expect(exportAddress({ district: "Jing'an", kind: 'waste_dumping' }, 'csv')).toBe('/api/v1/clearance/export?district=Jing%27an&kind=waste_dumping&format=csv')
  })
})

describe('numbers', () => {
  it('show what is not there as a dash, never as zero', () => {
    expect([share(null), number(undefined), length(null)]).toEqual([NOTHING, NOTHING, NOTHING])
    expect([share(0), number(0), length(0)]).toEqual(['0.0 %', '0.0', '0 s'])
  })

  it('have units one can compare', () => {
    expect([length(90), length(3600), length(10_800), length(259_200)]).toEqual(['90 s', '60 min', '3.0 h', '3.0 d'])
    language.value = 'zh-CN'
    expect([length(90), length(3600), length(10_800), length(259_200)]).toEqual(['90 秒', '60 分钟', '3.0 小时', '3.0 天'])
    language.value = 'en'
  })
})

describe('the schematic', () => {
  it('has a box per district and a dot per camera, none on another', () => {
    const groups = Array.from({ length: 60 }, (_, n) => group(`c${n}`, `D${n % 3}`, `S${n % 5}`))
    const drawing = layOut(groups, null)
    expect(drawing.areas.map((area) => area.name)).toEqual(['D0', 'D1', 'D2'])
    expect(drawing.dots).toHaveLength(60)
    expect(new Set(drawing.dots.map((dot) => `${dot.x} ${dot.y}`)).size).toBe(60)
    for (const dot of drawing.dots) {
      const area = drawing.areas.find((one) => one.name === dot.group.district)!
      expect(dot.x > area.x && dot.x < area.x + area.w && dot.y > area.y && dot.y < area.y + area.h).toBe(true)
    }
  })

  it('follows a GeoJSON that names cameras, and refuses what does not', () => {
    const point = (camera: string, x: number, y: number) => ({ type: 'Feature', properties: { camera }, geometry: { type: 'Point', coordinates: [x, y] } })
    const file = { type: 'FeatureCollection', features: [point('c0', 121.4, 31.2), point('c1', 121.5, 31.3), { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[[121.3, 31.1], [121.6, 31.1], [121.6, 31.4]]] } }] }
    const geo = readGeo(JSON.stringify(file))
    expect(geo?.cameras.size).toBe(2)
    const drawing = layOut([group('c0', 'D', 'S'), group('c1', 'D', 'S'), group('elsewhere', 'D', 'S')], geo)
    expect(drawing.dots).toHaveLength(2)
    expect(drawing.dots[0]!.y).toBeGreaterThan(drawing.dots[1]!.y)
    expect(drawing.outlines).toHaveLength(1)
    for (const bad of ['', '[]', '{"features":[]}', '{"features":[{"geometry":null,"properties":null}]}']) expect(readGeo(bad)).toBeNull()
  })
})

describe('the tables behind the charts', () => {
  const behind = (query: object) => ({ query: { ...query } as Record<string, string> })

  it('of a curve end where it ends, in at most about a hundred steps', () => {
    const points = Array.from({ length: 1001 }, (_, s) => ({ s, open: 1 - s / 1000, low: 0, high: 1 }))
    const table = tables.curve({ curve: points } as unknown as Times, ['after', 'open', 'low', 'high'], behind)
    expect(table.rows.length).toBeLessThanOrEqual(102)
    expect(table.rows.at(-1)).toEqual({ key: '1000', name: '17 min', to: { query: { stood_s: 1000 } }, cells: [{ text: '0.0 %' }, { text: '0.0 %' }, { text: '100 %' }] })
    expect(tables.curve({ curve: [] } as unknown as Times, [], behind).rows).toEqual([])
  })

  it('lead to the list behind each cell, and say nothing of hours that nobody watched', () => {
    const report = { heat: [{ weekday: 2, hour: 5, per_watched_h: 0 }, { weekday: 2, hour: 6, per_watched_h: null }] } as unknown as Report
    const table = tables.heat(report, 'day', ['Mon', 'Tue'], behind)
    expect(table.head).toHaveLength(25)
    expect(table.rows[1]?.cells[5]).toEqual({ text: '0.0', to: { query: { weekday: 2, hour: 5 } } })
    expect([table.rows[1]?.cells[6], table.rows[0]?.cells[5]]).toEqual([{ text: NOTHING }, { text: NOTHING }])
    const trend = tables.trend({ trend: [{ date: '2026-11-01', ovm_per_watched_h: null, coverage: 0 }] } as unknown as Report, [], behind)
    expect(trend.rows[0]).toMatchObject({ to: { query: { from: '2026-11-01', until: '2026-11-01' } }, cells: [{ text: NOTHING }, { text: '0.0 %' }] })
  })
})
