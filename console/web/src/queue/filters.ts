/** The queue's filters, as they stand in the address: a link to a colleague shows the same list. */
import type { LocationQuery } from 'vue-router'

export const STATES = ['open', 'escalated', 'field_check', 'confirmed', 'rejected', 'merged', 'expired', 'any'] as const
export const SORTS = ['risk', 'newest', 'oldest', 'score'] as const
export const CLOCKS = ['in_time', 'soon', 'overdue', 'lapsing'] as const
const TEXT = ['kind', 'camera', 'district', 'street', 'zone', 'q'] as const

export interface Filters {
  state: (typeof STATES)[number]
  sort: (typeof SORTS)[number]
  keyArea: boolean
  permitted: boolean
  sla?: (typeof CLOCKS)[number]
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
    sort: oneOf(query.sort, SORTS, 'risk'),
    keyArea: query.key_area === 'true',
    permitted: query.permitted === 'any',
  }
  const sla = CLOCKS.find((item) => item === query.sla)
  if (sla) filters.sla = sla
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
  if (filters.sort !== 'risk') query.sort = filters.sort
  if (filters.keyArea) query.key_area = 'true'
  if (filters.permitted) query.permitted = 'any'
  if (filters.sla) query.sla = filters.sla
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
    sla: filters.sla,
    kind: filters.kind,
    camera: filters.camera,
    district: filters.district,
    street: filters.street,
    zone: filters.zone,
    q: filters.q,
  }
}
