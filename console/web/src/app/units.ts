/** Units of the organisation tree in words. */
import type { Schemas } from '@/api/client'
import { i18n } from '@/i18n'

type UnitRef = Schemas['UnitRef']

/** Its label, or the name that cameras give it. */
export function unitName(unit: UnitRef): string {
  if (unit.label !== '') return unit.label
  return unit.street ?? unit.district ?? i18n.global.t('org.level.city')
}

/** With what lies above it, so that two streets of one name can be told apart. */
export function unitPath(unit: UnitRef): string {
  return unit.street != null && unit.district != null ? `${unit.district} / ${unitName(unit)}` : unitName(unit)
}
