/** How long until a time, or since it passed, in words. */
import { useI18n } from 'vue-i18n'

import { durationParts } from '@/app/format'

export function useLeft(): (at: string, now: number) => string {
  const { t } = useI18n()
  return (at, now) => {
    const seconds = (Date.parse(at) - now) / 1000
    const { h, min, s } = durationParts(Math.abs(seconds))
    const days = Math.floor(h / 24)
    const text = days >= 2 ? t('life.days', { n: days }) : h > 0 ? t('duration.hm', { h, min }) : min >= 10 ? t('duration.m', { min }) : min > 0 ? t('duration.ms', { min, s }) : t('duration.s', { s })
    return seconds >= 0 ? t('life.dueIn', { left: text }) : t('life.overdueBy', { left: text })
  }
}
