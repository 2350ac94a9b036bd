/** Where cameras stand on the schematic: by district and street, or by a GeoJSON of the user's own. Pure. */
import type { Group } from './useReport'

export interface Geo {
  /** Camera id to longitude and latitude. */
  cameras: Map<string, [number, number]>
  /** Rings of districts or streets. */
  rings: [number, number][][]
}

export interface Drawing {
  width: number
  height: number
  outlines: string[]
  areas: { name: string; x: number; y: number; w: number; h: number }[]
  dots: { group: Group; x: number; y: number }[]
}

type Json = { [key: string]: unknown }

function isPoint(value: unknown): value is [number, number] {
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'number' && Number.isFinite(value[0]) && Number.isFinite(value[1])
}

/** The cameras (points with `properties.camera`) and outlines of a GeoJSON; `null` when it has no camera. */
export function readGeo(text: string): Geo | null {
  let file: Json
  try {
    file = JSON.parse(text) as Json
  } catch {
    return null
  }
  const features = Array.isArray(file.features) ? (file.features as Json[]) : []
  const geo: Geo = { cameras: new Map(), rings: [] }
  for (const feature of features) {
    const geometry = feature.geometry as Json | null
    const camera = (feature.properties as Json | null)?.camera
    const at = geometry?.coordinates
    if (geometry?.type === 'Point' && typeof camera === 'string' && isPoint(at)) geo.cameras.set(camera, [at[0], at[1]])
    const polygons = geometry?.type === 'Polygon' ? [at] : geometry?.type === 'MultiPolygon' && Array.isArray(at) ? at : []
    for (const polygon of polygons) {
      if (!Array.isArray(polygon)) continue
      for (const ring of polygon) if (Array.isArray(ring) && ring.length > 2 && ring.every(isPoint)) geo.rings.push(ring as [number, number][])
    }
  }
  return geo.cameras.size > 0 ? geo : null
}

const WIDTH = 960
const GAP = 12

export function layOut(groups: Group[], geo: Geo | null): Drawing {
  return geo === null ? byDistrict(groups) : byPlace(groups, geo)
}

function byPlace(groups: Group[], geo: Geo): Drawing {
  const all = [...geo.cameras.values(), ...geo.rings.flat()]
  const xs = all.map((point) => point[0])
  const ys = all.map((point) => point[1])
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  // A degree of longitude is shorter than one of latitude.
  const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180))
  const scale = (WIDTH - 40) / Math.max((east - west) * squeeze, north - south, 1e-9)
  const at = ([x, y]: [number, number]): [number, number] => [20 + (x - west) * squeeze * scale, 20 + (north - y) * scale]
  const outline = (ring: [number, number][]) => `M${ring.map((point) => at(point).map((v) => v.toFixed(1)).join(' ')).join('L')}Z`
  const dots = groups.flatMap((group) => {
    const place = group.camera ? geo.cameras.get(group.camera) : undefined
    if (place === undefined) return []
    const [x, y] = at(place)
    return [{ group, x, y }]
  })
  return { width: WIDTH, height: Math.max(120, 40 + (north - south) * scale), outlines: geo.rings.map(outline), areas: [], dots }
}

/** A box per district, a line per street, a dot per camera. */
function byDistrict(groups: Group[]): Drawing {
  const districts = new Map<string, Map<string, Group[]>>()
  for (const group of [...groups].sort((a, b) => a.key.localeCompare(b.key))) {
    const streets = districts.get(group.district) ?? new Map<string, Group[]>()
    districts.set(group.district, streets)
    streets.set(group.street, [...(streets.get(group.street) ?? []), group])
  }
  const columns = Math.min(4, Math.max(1, districts.size))
  const w = (WIDTH - GAP * (columns - 1)) / columns
  const perLine = Math.max(1, Math.floor((w - 24) / 26))
  const drawing: Drawing = { width: WIDTH, height: 0, outlines: [], areas: [], dots: [] }
  const names = [...districts.keys()].sort()
  let y = 0
  for (let first = 0; first < names.length; first += columns) {
    let tallest = 0
    names.slice(first, first + columns).forEach((name, column) => {
      const x = column * (w + GAP)
      let line = 0
      for (const street of districts.get(name)?.values() ?? []) {
        street.forEach((group, index) => {
          drawing.dots.push({ group, x: x + 20 + (index % perLine) * 26, y: y + 40 + (line + Math.floor(index / perLine)) * 26 })
        })
        line += Math.ceil(street.length / perLine)
      }
      const h = 40 + line * 26
      drawing.areas.push({ name, x, y, w, h })
      tallest = Math.max(tallest, h)
    })
    for (const area of drawing.areas.slice(first, first + columns)) area.h = tallest
    y += tallest + GAP
  }
  drawing.height = Math.max(60, y - GAP)
  return drawing
}
