// Both languages, both themes, every page an officer has: all words are words, nothing is cut off at 200 % zoom.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
/** What a message key looks like when its translation is missing. */
const BARE_KEY = /\b(?:nav|frame|queue|facts|stage|cases|cameras|admin|state|decide|kind|reject|problem|common|empty|health)\.[a-zA-Z_]{2,}/

test('pages speak both languages and bear a small screen', { skip: target === null, timeout: 240_000 }, async () => {
  await atTheDesk(
    target,
    async (page, desk) => {
      await logIn(page, target)
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN', 'a Chinese browser gets Chinese')
      await page.locator('.rail a', { hasText: '审核' }).first().waitFor()
      step('a Chinese browser gets Chinese')

      await page.locator('[data-test=language]').click()
      await page.waitForFunction(() => document.documentElement.lang === 'en')
      await page.locator('.rail a', { hasText: 'Queue' }).first().waitFor()
      await page.reload()
      await page.locator('.rail a', { hasText: 'Queue' }).first().waitFor()
      step('English on request, and still after a reload')

      await page.locator('[data-test=theme]').click()
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
      step('dark on request')

      for (const language of ['en', 'zh-CN']) {
        if ((await page.evaluate(() => document.documentElement.lang)) !== language) await page.locator('[data-test=language]').click()
        for (const route of ['queue', 'cases', 'cameras']) {
          await page.goto(`${target.url}/${route}`)
          await page.locator(`[data-test=${route}]`).waitFor()
          await page.locator('[data-test=connection][data-state=live]').waitFor()
          const text = await page.evaluate(() => document.body.innerText)
          assert.doesNotMatch(text, BARE_KEY)
          await desk.shot(`${route}-${language}-dark`)
        }
        step(`queue, cases and cameras in ${language}: no bare message key`)
      }

      await page.goto(`${target.url}/queue`)
      await page.locator('[data-test=queue]').waitFor()
      await page.keyboard.press('?')
      await page.locator('[data-test=key-map]').waitFor()
      await page.keyboard.press('Escape')
      await page.locator('[data-test=key-map]').waitFor({ state: 'hidden' })
      step('? shows the keyboard map, Escape puts it away')

      // 200 % zoom of a 1440 x 900 screen is a viewport of half of each.
      await page.setViewportSize({ width: 720, height: 450 })
      for (const route of ['queue', 'cases', 'cameras']) {
        await page.goto(`${target.url}/${route}`)
        await page.locator(`[data-test=${route}]`).waitFor()
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        assert.ok(over <= 0, `${route} needs no sideways scrolling at 200 % (${over} px over)`)
        await desk.shot(`${route}-200-percent`)
      }
      step('no page needs sideways scrolling at 200 % zoom')
    },
    { locale: 'zh-CN' },
  )
})
