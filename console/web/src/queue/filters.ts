/** The queue's filters, as they stand in the address: a link to a colleague shows the same list. */
import type { LocationQuery } from 'vue-router'

export const STATES = ['open', 'escalated', 'field_check', 'confirmed', 'rejected', 'any'] as const
export const SORTS = ['newest', 'oldest', 'score'] as const
const TEXT = ['kind', 'camera', 'district', 'street', 'zone', 'q'] as const

export interface Filters {
  state: (typeof STATES)[number]
  sort: (typeof SORTS)[number]
  keyArea: boolean
  permitted: boolean
  kind?: string
  camera?: string
  district?: string
  street?: string
  zone?: string
  q?: string
}

function oneOf<T extends string>(value: unknown, all: readonly T[], otherwise: T): T {
  return all.find((item) => item === value) ?? otherwise
}

/** Reads the address; what it does not know or cannot use is left out, so an old link still opens. */
export function filtersOf(query: LocationQuery): Filters {
  const filters: Filters = {
    state: oneOf(query.state, STATES, 'open'),
    sort: oneOf(query.sort, SORTS, 'newest'),
    keyArea: query.key_area === 'true',
    permitted: query.permitted === 'any',
  }
  for (const name of TEXT) {
    const value = query[name]
    if (typeof value === 'string' && value !== '') filters[name] = value.slice(0, 100)
  }
  return filters
}

/** The address of filters: only what differs from the plain queue. */
export function queryOf(filters: Filters): Record<string, string> {
  const query: Record<string, string> = {}
  if (filters.state !== 'open') query.state = filters.state
  if (filters.sort !== 'newest') query.sort = filters.sort
  if (filters.keyArea) query.key_area = 'true'
  if (filters.permitted) query.permitted = 'any'
  for (const name of TEXT) {
    const value = filters[name]
    if (value) query[name] = value
  }
  return query
}

/** What the server is asked. */
export function requestOf(filters: Filters) {
  return {
    state: filters.state,
    sort: filters.sort,
    key_area: filters.keyArea ? true : undefined,
    permitted: filters.permitted ? 'any' : undefined,
    kind: filters.kind,
    camera: filters.camera,
    district: filters.district,
    street: filters.street,
    zone: filters.zone,
    q: filters.q,
  }
}
