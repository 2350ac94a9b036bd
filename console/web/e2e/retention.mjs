// How pictures go, as people see it: a supervisor keeps one by a hold, an administrator sees counts and no pictures, and where a
// picture was it is said that it is gone. The console's own test lets the job go round between the two phases.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const people = JSON.parse(process.env.KERBWATCH_PEOPLE ?? '[]')
const ids = JSON.parse(process.env.KERBWATCH_CANDIDATES ?? '[]')
const phase = process.env.KERBWATCH_PHASE
const as = (n) => ({ ...target, user: people[n]?.[0], password: people[n]?.[1] })
const skip = (wanted) => target === null || phase !== wanted

async function enter(page, n, route) {
  await logIn(page, as(n))
  await page.goto(`${target.url}${route}`)
}

test('a supervisor looks at what is due and keeps one by a hold', { skip: skip('before'), timeout: 300_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await enter(page, 0, '/admin/retention')
    const row = page.locator('[data-test=rule-row][data-rule=rejected]')
    await row.waitFor()
    assert.match(await row.locator('[data-test=now]').innerText(), /2 · 4 files/)
    await row.locator('[data-test=show]').click()
    await page.locator('[data-test=plan-row]').nth(1).waitFor()
    await desk.shot('retention-due')
    step('two candidates are due, with the list behind the figure')

    // From the candidate's own page.
    await page.goto(`${target.url}/queue/${ids[0]}?state=any`)
    await page.locator('a', { hasText: 'Place a hold' }).click()
    assert.equal(await page.locator('[data-test=hold-object]').inputValue(), ids[0])
    await page.locator('[data-test=hold-document]').fill('(2027) 12')
    await page.locator('[data-test=hold-reason]').fill('A complaint is before the court')
    await desk.shot('retention-hold')
    await page.locator('[data-test=hold-go]').click()
    await page.locator('[data-test=placed]', { hasText: '1 candidates' }).waitFor()
    await page.locator('[data-test=rule-row][data-rule=rejected] [data-test=held]', { hasText: '1 · 2 files' }).waitFor()
    assert.equal(await page.locator('[data-test=lift]').count(), 0, 'whoever placed it does not lift it')
    step('a hold stands, and the dry run knows')
  })
})

test('an administrator sees counts, and no picture anywhere', { skip: skip('before'), timeout: 300_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await enter(page, 1, '/admin/retention')
    await page.locator('[data-test=hold-row]').waitFor()
    await page.locator('[data-test=rule-row][data-rule=rejected] [data-test=show]').click()
    await page.locator('[data-test=plan-row]').first().waitFor()
    assert.equal(await page.locator('main img, main video').count(), 0)
    assert.equal(await page.locator('[data-test=place]').count(), 0)
    assert.equal(await page.locator('[data-test=plan-row] a').count(), 0, 'nor a way to one')
    await desk.shot('retention-administrator')
    step('counts and ids, no pictures, no hold')
  })
})

test('what is gone is said to be gone, and another supervisor lifts the hold', { skip: skip('after'), timeout: 300_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await enter(page, 2, `/queue/${ids[1]}?state=any`)
    const note = page.locator('.stage [data-test=pictures-deleted]')
    await note.waitFor()
    assert.match(await note.innerText(), /Pictures deleted at .*: Rejected, certificate 1/)
    await desk.shot('retention-candidate')
    assert.equal(await page.locator('.stage img').count(), 0)
    step('the candidate says when, why and by which certificate')

    const [file] = await Promise.all([page.waitForEvent('download'), note.locator('a').click()])
    const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'))
    execFileSync('tar', ['-xf', await file.path(), '-C', folder])
    assert.deepEqual(execFileSync('ls', [folder]).toString().trim().split('\n'), ['certificate.json', 'certificate.sig', 'key.pem'])
    step('the certificate can be taken along')

    await page.goto(`${target.url}/queue/${ids[0]}?state=any`)
    await page.locator('[data-test=held]', { hasText: '(2027) 12' }).waitFor()
    assert.ok((await page.locator('.stage img').count()) > 0, 'what is held is still there')

    await page.goto(`${target.url}/admin/retention`)
    await page.locator('[data-test=certificate-row]').first().waitFor()
    await page.locator('[data-test=lift]').click()
    await page.locator('[data-test=lift-document]').fill('(2027) 12, decided')
    await page.locator('[data-test=lift-reason]').fill('The court has decided')
    await page.locator('[data-test=lift-go]').click()
    await page.locator('[data-test=hold-row]', { hasText: 'Lifted by' }).waitFor()
    await desk.shot('retention-lifted')
    step('lifted by another person')
  })
})
