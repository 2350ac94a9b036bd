/** What the figures are of: all of it stands in the address. */
import type { LocationQuery, LocationQueryRaw } from 'vue-router'

import type { Kind } from '@/api/client'

export const KINDS: Kind[] = ['illegal_stall', 'storefront_encroachment', 'unauthorized_ad', 'waste_dumping']
export const BY = ['district', 'street', 'area', 'camera', 'zone', 'kind'] as const
export type By = (typeof BY)[number]

export interface Filters {
  from?: string
  until?: string
  district?: string
  street?: string
  /** Area id. */
  area?: string
  camera?: string
  zone?: string
  kind?: string
  key_area?: boolean
  definition?: number
}

function text(query: LocationQuery, name: string): string | undefined {
  const value = query[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The filters of an address; what is not understood is left out, not guessed. */
export function readFilters(query: LocationQuery): Filters {
  const key = text(query, 'key_area')
  const definition = Number(text(query, 'definition'))
  const kinds = text(query, 'kind')?.split(',').filter((kind) => (KINDS as string[]).includes(kind)) ?? []
  return {
    from: day(text(query, 'from')),
    until: day(text(query, 'until')),
    district: text(query, 'district'),
    street: text(query, 'street'),
    area: text(query, 'area'),
    camera: text(query, 'camera'),
    zone: text(query, 'zone'),
    kind: kinds.length > 0 ? kinds.join(',') : undefined,
    key_area: key === 'true' ? true : key === 'false' ? false : undefined,
    definition: Number.isInteger(definition) && definition > 0 ? definition : undefined,
  }
}

export function readBy(query: LocationQuery): By {
  return BY.find((by) => by === query.by) ?? 'district'
}

function day(value: string | undefined): string | undefined {
  return value !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined
}

/** The address of filters, empty ones left out. */
export function writeFilters(filters: Filters | Record<string, unknown>): LocationQueryRaw {
  const out: LocationQueryRaw = {}
  for (const [name, value] of Object.entries(filters)) if (value !== undefined && value !== null && value !== '') out[name] = String(value)
  return out
}

/** The day so many days before `until`, both counted. */
export function daysBack(until: string, count: number): string {
  const date = new Date(`${until}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() - (count - 1))
  return date.toISOString().slice(0, 10)
}

/** The address of the same figures as a file. */
export function exportAddress(filters: Filters, format: 'csv' | 'parquet'): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(writeFilters({ ...filters, format }))) query.set(name, String(value))
  return `/api/v1/clearance/export?${query.toString()}`
}

/** The drawn minutes or the finds behind the estimates of recall, as a file. */
export function recallAddress(of: 'minutes' | 'finds', filters: Filters, format: 'csv' | 'parquet'): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(writeFilters({ ...filters, of, format }))) query.set(name, String(value))
  return `/api/v1/clearance/recall/export?${query.toString()}`
}
