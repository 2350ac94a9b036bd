// The administrator's day: a second factor of one's own, the organisation, a user who is made, changed, reset and seen out.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, step } from './lib/browser.mjs'

const target = consoleUnderTest()
/** A fresh console and its people, as the console's own tests start it (`src/tests/outside.rs`). */
const fresh = process.env.KERBWATCH_PEOPLE !== undefined

/** RFC 6238 with SHA-1, six digits, thirty seconds: an authenticator application of our own. */
function totp(base32, step) {
  const bits = [...base32].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', key).update(counter).digest()
  const at = digest[19] & 15
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

async function enter(page, name, password) {
  await page.locator('#login-name').fill(name)
  await page.locator('#login-password').fill(password)
  await page.keyboard.press('Enter')
}

test('an administrator runs the house', { skip: target === null || !fresh, timeout: 400_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await page.goto(`${target.url}/admin/users`)
    await enter(page, target.user, target.password)
    await page.locator('[data-test=must]').waitFor()
    assert.match(page.url(), /\/account$/, 'a role that needs a second factor lands on its own page')
    await desk.shot('account-must')

    await page.locator('[data-test=totp-password]').fill(target.password)
    await page.keyboard.press('Enter')
    const secret = (await page.locator('[data-test=secret]').innerText()).trim()
    await desk.shot('account-totp')
    // The server's clock: it may stand a little off ours.
    const now = Date.parse((await (await page.request.get(`${target.url}/api/v1/session`)).json()).server_time)
    const at = Math.floor(now / 30_000)
    await page.locator('[data-test=totp-code]').fill(totp(secret, at))
    await page.keyboard.press('Enter')
    await page.locator('[data-test=recovery] li').first().waitFor()
    assert.equal(await page.locator('[data-test=recovery] li').count(), 10)
    const recovery = await page.locator('[data-test=recovery] li').first().innerText()
    await desk.shot('account-recovery')
    await page.locator('[data-test=kept]').click()
    await page.locator('[data-test=must]').waitFor({ state: 'detached' })
    step('a second factor is set up, and the way is open')

    await page.locator('.rail a', { hasText: 'Admin' }).click()
    await page.locator('[data-test=user-row]').first().waitFor()
    await page.locator('.tabs a', { hasText: 'Organisation' }).click()
    await page.locator('[data-test=unit-row]').first().waitFor()
    await page.locator('[data-test=add-district]').click()
    await page.locator('[data-test=unit-name]').fill('Jing\'an')
    await page.locator('[data-test=unit-label]').fill('静安区')
    await page.keyboard.press('Enter')
    await page.locator('[data-test=unit-row]', { hasText: '静安区' }).waitFor()
    await desk.shot('admin-units')
    step('a district is in the organisation')

    await page.locator('.tabs a', { hasText: 'Users' }).click()
    await page.locator('[data-test=add-user]').click()
    await page.locator('[data-test=user-name]').fill('lin')
    await page.locator('[data-test=user-display]').fill('Lin Wei')
    await page.locator('[data-test=user-password]').fill('password1234')
    await page.locator('[data-test=role-operator]').check()
    await page.locator('label.check', { hasText: '静安区' }).locator('input').check()
    await page.locator('[data-test=user-save]').click()
    await page.locator('[data-test=user-form] [role=alert]').waitFor()
    await desk.shot('admin-user-weak-password')
    await page.locator('[data-test=user-password]').fill('herons above the weir')
    await page.locator('[data-test=user-save]').click()
    const lin = page.locator('[data-test=user-row][data-name=lin]')
    await lin.waitFor()
    assert.match(await lin.innerText(), /静安区/)
    step('a weak password is refused with the reason, a good one is taken')

    await lin.locator('[data-test=edit-user]').click()
    await page.locator('[data-test=user-display]').fill('Lin W.')
    await page.locator('[data-test=role-supervisor]').check()
    await page.locator('[data-test=user-save]').click()
    await page.locator('[data-test=user-row][data-name=lin]', { hasText: 'Lin W.' }).waitFor()
    await lin.locator('[data-test=more]').click()
    await page.locator('[data-test=reset]:visible').click()
    await page.locator('[data-test=reset-password]').fill('another word by letter')
    await page.locator('[data-test=reset-save]').click()
    await page.locator('[data-test=user-row][data-name=lin]', { hasText: 'Must change password' }).waitFor()
    await desk.shot('admin-users')
    step('the user is changed, and the password reset')

    await page.locator('.tabs a', { hasText: 'Sessions' }).click()
    await page.locator('[data-test=session-row]').first().waitFor()
    await desk.shot('admin-sessions')

    await page.locator('[data-test=who]').click()
    await page.locator('text=Log out').click()
    await page.locator('#login-name').waitFor()
    await enter(page, target.user, target.password)
    await page.locator('#login-code').waitFor()
    await desk.shot('login-code')
    await page.locator('#login-code').fill('000000')
    await page.keyboard.press('Enter')
    await page.locator('[role=alert]').waitFor()
    await page.locator('#login-code').fill(recovery)
    await page.keyboard.press('Enter')
    await page.locator('[data-test=who]').waitFor()
    step('logging in asks for the code, refuses a wrong one, and takes a recovery code')

    await page.goto(`${target.url}/cameras`)
    await page.locator('[data-test=export-site]').click()
    await page.locator('[data-test=export-file]').waitFor()
    await desk.shot('site-export')
    const fetched = async () => {
      const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-test=export-file]').click()])
      return { path: await file.path(), text: await readFile(await file.path(), 'utf8') }
    }
    const plain = await fetched()
    assert.match(plain.text, /rtsp:\/\/\*\*\*@10\.0\.0\.1/, 'no password unless it is asked for')
    await page.locator('[data-test=export-secrets]').check()
    assert.match((await fetched()).text, /user:secret@/)
    await page.keyboard.press('Escape')
    await page.locator('[data-test=import-site]').click()
    await page.locator('[data-test=site-file]').setInputFiles(plain.path)
    await page.locator('[data-test=site-send]').click()
    assert.match(await page.locator('[data-test=site-done]').innerText(), /\b0 new or changed, 1 were so/)
    await page.keyboard.press('Escape')
    step('a site file goes out without passwords, and comes in again as what it was')

    await page.locator('[data-test=camera-row] a').first().click()
    await page.locator('[data-test=camera-flow] [data-test=flow-loss]').first().waitFor()
    assert.match(await page.locator('[data-test=camera-flow]').innerText(), /1,500 frames\/min/)
    assert.equal(await page.locator('[data-test=unjudged-span]').getAttribute('data-why'), 'models_failed')
    await page.locator('[data-test=flow-hour]').click()
    await page.locator('[data-test=flow-table]').click()
    assert.equal(await page.locator('[data-test=flow-step]').count(), 12)
    assert.match(page.url(), /flow=hour/, 'a colleague sees the same')
    assert.equal(await page.locator('[data-test=run]').getAttribute('data-ended'), 'stalled')
    await desk.shot('camera-flow')
    step('a camera says how many frames come, what was lost, who judged what, and why its run ended')

    await page.locator('[data-test=who]').click()
    await page.locator('text=Log out').click()
    await enter(page, 'lin', 'another word by letter')
    await page.locator('[data-test=must]').waitFor()
    await page.locator('[data-test=old]').fill('another word by letter')
    await page.locator('[data-test=new]').fill('seven bridges, one kingfisher')
    await page.locator('[data-test=again]').fill('seven bridges, one kingfisher')
    await page.keyboard.press('Enter')
    await page.locator('[data-test=must]').waitFor({ state: 'detached' })
    await page.goto(`${target.url}/cameras`)
    await page.locator('[data-test=cameras]').waitFor()
    assert.equal(await page.locator('tbody tr').count(), 0, 'nothing of another district')
    assert.match(await page.locator('.scope').innerText(), /静安区/)
    await desk.shot('scoped-cameras')
    step('the new user changes the password first, and sees their district only')
  }, { refusals: [['/api/v1/users', 422]] })
})
