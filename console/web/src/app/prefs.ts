/** What one person prefers on one screen: language and theme. Kept in the browser, never on the server. */
import { ref, watch } from 'vue'

export type Theme = 'light' | 'dark'
export type Language = 'zh-CN' | 'en'

const THEME = 'kerbwatch.theme'
const LANGUAGE = 'kerbwatch.language'
const SOUND = 'kerbwatch.sound'

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // Storage may be forbidden; then preferences last as long as the page.
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // As above.
  }
}

/** The stored language, else Chinese where the browser asks for any Chinese or for nothing we speak, else English. */
export function chooseLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (stored === 'zh-CN' || stored === 'en') return stored
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split('-')[0]
    if (primary === 'zh') return 'zh-CN'
    if (primary === 'en') return 'en'
  }
  return 'zh-CN'
}

export const theme = ref<Theme>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')
export const language = ref<Language>(chooseLanguage(read(LANGUAGE), navigator.languages ?? []))

/** A sound on new candidates. Off until somebody asks for it: a room full of screens must not ring. */
export const sound = ref(read(SOUND) === 'on')

watch(sound, (value) => write(SOUND, value ? 'on' : 'off'))

watch(theme, (value) => {
  document.documentElement.dataset.theme = value
  write(THEME, value)
})

// Paper is white, whatever the screen is: a record printed from a dark screen had light words on nothing.
window.addEventListener('beforeprint', () => (document.documentElement.dataset.theme = 'light'))
window.addEventListener('afterprint', () => (document.documentElement.dataset.theme = theme.value))

watch(
  language,
  (value, before) => {
    document.documentElement.lang = value
    if (before !== undefined) write(LANGUAGE, value)
  },
  { immediate: true },
)
