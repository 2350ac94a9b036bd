// The party's side: an officer's certificate is entered; the party is warned with a notice that is kept word for word and gets a query
// code, shown once; without a log-in it looks its case up and states its side; the legal reviewer answers; an officer keeps out.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const id = process.env.KERBWATCH_CASE ?? ''
const people = JSON.parse(process.env.KERBWATCH_PEOPLE ?? '[]')
const as = (user) => ({ ...target, user, password: people.find(([name]) => name === user)?.[1] })

/** Presses and waits until the server has taken what was sent. */
async function sent(page, path, press) {
  const answered = page.waitForResponse((response) => response.url().endsWith(path) && response.request().method() === 'POST')
  await press()
  const response = await answered
  assert.equal(response.status(), 201, await response.text())
}

async function lookUp(page, number, code) {
  await page.goto(`${target.url}/party`)
  await page.locator('[data-test=party-number]').fill(number)
  await page.locator('[data-test=party-enter-code]').fill(code)
  await page.locator('[data-test=party-look]').click()
}

test('the party’s side', { skip: target === null || id === '', timeout: 240_000 }, async () => {
  let number, code
  await atTheDesk(as('root'), async (page, desk) => {
    await logIn(page, as('root'))
    await page.goto(`${target.url}/admin/users`)
    await page.locator('[data-test=user-row][data-name=ada] [data-test=certificate]').click()
    await page.locator('[data-test=certificate-state]').waitFor()
    for (const [field, value] of [['number', '沪310-0042'], ['issuer', '市司法局'], ['from', '2020-01-01'], ['until', '2020-12-31']]) await page.locator(`[data-test=certificate-${field}]`).fill(value)
    await sent(page, '/certificates', () => page.locator('[data-test=certificate-save]').click())
    await page.locator('[data-test=certificate-reminders]', { hasText: '沪310-0042' }).waitFor()
    await desk.shot('certificates')
    await page.locator('[data-test=user-row][data-name=ada] [data-test=certificate]').click()
    await page.locator('[data-test=certificate-state][data-state=lapsed]').waitFor()
    await desk.shot('certificate-dialog')
    await page.locator('[data-test=certificate-until]').fill('2099-12-31')
    await sent(page, '/certificates', () => page.locator('[data-test=certificate-save]').click())
    await page.locator('[data-test=certificate-reminders]').waitFor({ state: 'detached' })
    step('a certificate that has lapsed is named until a new version holds')
  })

  await atTheDesk(as('ada'), async (page, desk) => {
    await logIn(page, as('ada'))
    await page.goto(`${target.url}/cases/${id}`)
    await page.locator('[data-test=act-warn]').click()
    await page.locator('[data-test=notice-preview]', { hasText: 'Noodles' }).waitFor()
    const preview = (await page.locator('[data-test=notice-preview] .text').textContent()).trim()
    await desk.shot('notice-preview')
    await sent(page, '/acts', () => page.locator('[data-test=act-send]').click())
    const kept = page.locator('[data-test=history] [data-act=warn]')
    await kept.waitFor()
    assert.equal((await kept.locator('.notice .text').textContent()).trim(), preview, 'what was shown is what is kept')
    assert.match(await kept.textContent(), /沪310-0042/, 'with the certificate of that moment')
    await sent(page, '/party-code', () => page.locator('[data-test=party-code]').click())
    code = (await page.locator('[data-test=party-code-text]').textContent()).trim()
    number = (await page.locator('[data-test=party-case-no]').textContent()).trim()
    assert.match(code, /^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/)
    await desk.shot('party-code')
    await page.emulateMedia({ media: 'print' })
    await page.evaluate(() => document.body.classList.add('print-dialog'))
    assert.equal(await page.locator('[data-test=acts]').isVisible(), false, 'only notice and code go on paper')
    assert.equal(await page.locator('[data-test=party-code-text]').isVisible(), true)
    await desk.shot('party-code-printed')
    await page.emulateMedia({ media: 'screen' })
    await page.locator('[data-test=party-done]').click()
    await page.reload()
    await page.locator('[data-test=party-code-state][data-holds=true]').waitFor()
    assert.equal((await page.locator('body').textContent()).includes(code), false, 'the code was shown once')
    step(`the party is warned, and has the number ${number} and a code`)
  })

  const stranger = { ...target, user: '', password: '' }
  await atTheDesk(stranger, async (page, desk) => {
    await lookUp(page, number, '0000-0000-0000-0000')
    await page.locator('[data-test=party-problem]').waitFor()
    await desk.shot('party-enter')
    await page.locator('[data-test=party-enter-code]').fill(code.toLowerCase().replaceAll('-', ' '))
    await page.locator('[data-test=party-look]').click()
    await page.locator('[data-test=party-state][data-state=to_put_right]').waitFor()
    const still = page.locator('[data-test=party-still]')
    await still.waitFor()
    assert.ok((await still.evaluate((img) => img.naturalWidth)) > 100, 'the masked still is shown')
    assert.match(await page.locator('[data-test=party-notice]').textContent(), /Noodles/)
    await desk.shot('party-view')
    await page.locator('[data-test=party-text]').fill('这不是我的摊位。')
    await sent(page, '/party/statements', () => page.locator('[data-test=party-send]').click())
    await page.locator('[data-test=party-statement][data-answered=false]').waitFor()
    await page.locator('[data-test=party-sent]').waitFor()
    await page.locator('[data-test=language]').click()
    await page.locator('h1', { hasText: '案件查询' }).waitFor()
    await desk.shot('party-stated-zh')
    step('without a log-in it looks its case up and states its side')
  }, { refusals: [['/party/look', 422]] })

  await atTheDesk(as('lea'), async (page, desk) => {
    await logIn(page, as('lea'))
    await page.goto(`${target.url}/cases?view=table&unanswered=yes`)
    await page.locator(`tr[data-case="${id}"]`).waitFor()
    await page.goto(`${target.url}/cases/${id}`)
    await page.locator('[data-test=defence][data-answered=false]').waitFor()
    await page.locator('[data-test=act-answer_defence]').click()
    await page.locator('[data-test=answer-accepted]').selectOption('no')
    await page.locator('[data-test=answer-reasons]').fill('图片显示摊主为当事人。')
    await desk.shot('defence-answer')
    await sent(page, '/acts', () => page.locator('[data-test=act-send]').click())
    await page.locator('[data-test=defence][data-answered=true]').waitFor()
    await desk.shot('case-party')
    step('the legal reviewer looked into it and answered')
  })

  await atTheDesk(stranger, async (page, desk) => {
    await lookUp(page, number, code)
    await page.locator('[data-test=party-statement][data-answered=true]', { hasText: '图片显示摊主为当事人。' }).waitFor()
    await desk.shot('party-answered')
    step('the party reads the answer')
  })

  await atTheDesk(as('ada'), async (page, desk) => {
    await logIn(page, as('ada'))
    await page.goto(`${target.url}/cases/${id}`)
    await page.locator('[data-test=recuse]').click()
    await page.locator('[data-test=recuse-reason]').fill('摊主是我的亲戚')
    await sent(page, '/recusals', () => page.locator('[data-test=recuse-send]').click())
    await page.locator('[data-test=recusals] [data-user=ada]').waitFor()
    await page.locator('[data-test=history] [data-act=recuse]').waitFor()
    assert.equal(await page.locator('.offers button:not([disabled])').count(), 0, 'nothing of it is open to them any more')
    await desk.shot('case-recused')
    step('an officer with an interest keeps out')
  })
})
