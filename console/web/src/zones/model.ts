/** Zones as they are drawn: shapes, corners, snapping. Pure: no screen, no server. */
import type { Schemas } from '@/api/client'

/** As the server says it: a request may leave lists out, an answer never does. */
export type Drawing = Schemas['ZoneDrawing'] & Required<Pick<Schemas['ZoneDrawing'], 'rules' | 'permits'>>
export type Rule = Schemas['RuleDetail']
export type Permit = Schemas['PermitDetail']
export type Fault = Schemas['ZoneFault']
export type Kind = Schemas['Kind']
export type Point = [number, number]

export const KINDS: readonly Kind[] = ['illegal_stall', 'storefront_encroachment', 'unauthorized_ad', 'waste_dumping']

/** The design's dwell of each kind, seconds. */
export const DWELL: Record<Kind, number> = { illegal_stall: 180, storefront_encroachment: 300, unauthorized_ad: 60, waste_dumping: 30 }

export interface Plan {
  zones: Drawing[]
  holidays: string[]
}

/** Which shape of which zone: `polygon`, `shop_line`, or `permits.0`. */
export interface Place {
  zone: number
  shape: string
}

export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** The corners of a shape; null where there is none. */
export function corners(plan: Plan, place: Place): Point[] | null {
  const zone = plan.zones[place.zone]
  if (zone === undefined) return null
  if (place.shape === 'polygon') return zone.polygon as Point[]
  if (place.shape === 'shop_line') return (zone.shop_line ?? null) as Point[] | null
  return (zone.permits[permitOf(place.shape)]?.polygon ?? null) as Point[] | null
}

/** Puts other corners in; null takes the shape away (a zone keeps its polygon). */
export function setCorners(plan: Plan, place: Place, points: Point[] | null): void {
  const zone = plan.zones[place.zone]
  if (zone === undefined) return
  if (place.shape === 'polygon') zone.polygon = points ?? []
  else if (place.shape === 'shop_line') zone.shop_line = points
  else {
    const permit = zone.permits[permitOf(place.shape)]
    if (permit !== undefined) permit.polygon = points
  }
}

export function permitOf(shape: string): number {
  return shape.startsWith('permits.') ? Number(shape.slice('permits.'.length)) : -1
}

/** Every shape that is there, the selected zone's last so that it lies on top. */
export function places(plan: Plan, selected: number): Place[] {
  const order = plan.zones.map((_, zone) => zone).sort((a, b) => Number(a === selected) - Number(b === selected))
  return order.flatMap((zone) => {
    const drawn = plan.zones[zone]
    const all: Place[] = [{ zone, shape: 'polygon' }]
    drawn?.permits.forEach((permit, i) => permit.polygon && all.push({ zone, shape: `permits.${i}` }))
    if (drawn?.shop_line) all.push({ zone, shape: 'shop_line' })
    return all
  })
}

export function same(a: Place | null, b: Place | null): boolean {
  return a !== null && b !== null && a.zone === b.zone && a.shape === b.shape
}

export function isLine(place: Place): boolean {
  return place.shape === 'shop_line'
}

/** How far from an edge or corner a point is drawn to it, in picture heights. */
const REACH = 0.016

function nearest(p: Point, a: Point, b: Point, aspect: number): Point {
  const [dx, dy] = [(b[0] - a[0]) * aspect, b[1] - a[1]]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - a[0]) * aspect * dx + (p[1] - a[1]) * dy) / length))
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

function distance(a: Point, b: Point, aspect: number): number {
  return Math.hypot((a[0] - b[0]) * aspect, a[1] - b[1])
}

export function clamp(p: Point): Point {
  const within = (v: number) => Math.round(Math.min(1, Math.max(0, v)) * 10_000) / 10_000
  return [within(p[0]), within(p[1])]
}

/** The point, drawn to a neighbour's corner, else its edge, else the picture's edges. `aspect` is width over height. */
export function snapped(p: Point, plan: Plan, except: Place | null, aspect: number): Point {
  let best: { point: Point; far: number } | null = null
  const offer = (point: Point, reach: number) => {
    const far = distance(p, point, aspect)
    if (far <= reach && (best === null || far < best.far)) best = { point, far }
  }
  const others = places(plan, -1).filter((place) => !same(place, except))
  for (const place of others) for (const corner of corners(plan, place) ?? []) offer(corner, REACH)
  if (best === null) {
    for (const place of others) {
      const points = corners(plan, place) ?? []
      const last = isLine(place) ? points.length - 1 : points.length
      for (let i = 0; i < last; i++) {
        const [a, b] = [points[i], points[(i + 1) % points.length]]
        if (a && b) offer(nearest(p, a, b, aspect), REACH * 0.8)
      }
    }
  }
  const found = best as { point: Point; far: number } | null
  const at: Point = found === null ? [...p] : [...found.point]
  if (found === null) {
    if (at[0] * aspect < REACH) at[0] = 0
    if ((1 - at[0]) * aspect < REACH) at[0] = 1
    if (at[1] < REACH) at[1] = 0
    if (1 - at[1] < REACH) at[1] = 1
  }
  return clamp(at)
}

/** The middle of the box around a shape. */
export function middle(points: readonly Point[]): Point {
  const xs = points.map((p) => p[0])
  const ys = points.map((p) => p[1])
  return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2]
}

/** A shape moved, but not out of the picture. */
export function moved(points: readonly Point[], dx: number, dy: number): Point[] {
  const xs = points.map((p) => p[0])
  const ys = points.map((p) => p[1])
  const bound = (d: number, low: number, high: number) => Math.min(1 - high, Math.max(-low, d))
  const x = bound(dx, Math.min(...xs), Math.max(...xs))
  const y = bound(dy, Math.min(...ys), Math.max(...ys))
  return points.map((p) => clamp([p[0] + x, p[1] + y]))
}

/** An id that nobody has yet: `zone-3`. */
export function freeId(stem: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(`${stem}-${n}`)) return `${stem}-${n}`
}

export function newZone(plan: Plan, name: string, polygon: Point[]): Drawing {
  return { id: freeId('zone', plan.zones.map((zone) => zone.id)), name, polygon, key_area: false, shop_line: null, rules: [], permits: [] }
}

export function newRule(kind: Kind): Rule {
  return { kind, dwell_s: DWELL[kind], clear_after_s: 60, min_area: 0.0008, min_score: 0, weekly: [] }
}

export function newPermit(zone: Drawing): Permit {
  const kinds = zone.rules.map((rule) => rule.kind)
  return { id: freeId('permit', zone.permits.map((permit) => permit.id)), kinds: kinds.length > 0 ? kinds : ['illegal_stall'], polygon: null, weekly: [], from: null, until: null, trade: null, document: null }
}

/** The faults of one shape. */
export function faultsAt(faults: readonly Fault[], place: Place): Fault[] {
  const field = place.shape.startsWith('permits.') ? `${place.shape}.polygon` : place.shape
  return faults.filter((fault) => fault.zone === place.zone && fault.field === field)
}
