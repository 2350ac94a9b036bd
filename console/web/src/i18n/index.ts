import { watch } from 'vue'
import { createI18n } from 'vue-i18n'

import { language } from '@/app/prefs'
import en from './en'
import zhCN from './zh-CN'

export const i18n = createI18n({
  legacy: false,
  locale: language.value,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN, en },
})

watch(language, (value) => {
  i18n.global.locale.value = value
})
