import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { virtualTime } from '../../src/local/time.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const author = { name: 'fluxcdbot', email: 'fluxcdbot@example.com' }
const place = mkdtempSync(join(tmpdir(), 'tagboat-signing-'))
const gnupg = join(place, 'gnupg')
mkdirSync(gnupg, { mode: 0o700 })
const env = { ...process.env, GNUPGHOME: gnupg, GIT_CONFIG_NOSYSTEM: '1', HOME: place }
const run = (program: string, args: readonly string[], options: { readonly cwd?: string; readonly input?: string } = {}): string =>
  execFileSync(program, args, { env, stdio: 'pipe', encoding: 'utf8', ...options })
afterAll(() => {
  try {
    run('gpgconf', ['--kill', 'gpg-agent'])
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})

type Secret = Readonly<Record<string, string>>
/** One promotion signed by this key, in a clone of its own. */
async function promoted(name: string, type: 'gpg' | 'ssh', secret: Secret): Promise<{ readonly clone: string; readonly world: Boxed }> {
  const world = await boxed({
    // A signature must not be older than its key.
    time: virtualTime(Date.now()),
    files: { 'apps/app.yaml': deployment('app', '1.0.0') },
    github: { backing: { folder: join(place, `git-${name}`) }, knownKeys: () => 'unknown_key' },
  })
  world.boxes.secrets.set('tagboat/git/default/flux-system/signing', JSON.stringify(secret))
  await world.push('app', '1.0.0')
  const yaml = manifests({
    policies: { app: semver('>=1.0.0') },
    message: `Größe & more\n\n{{ range .Changed.Changes }}{{ .NewValue }}{{ end }}`,
  })
  await world.apply(yaml.replace('commit: {', `commit: { signingKey: { type: ${type}, secretRef: { name: signing } },`))
  await world.pushed('app', '1.1.0')
  const clone = join(place, `clone-${name}`)
  run('git', ['clone', '-q', String(world.gitRepo.folder), clone])
  return { clone, world }
}
async function told({ world }: { readonly world: Boxed }): Promise<unknown> {
  const { entries } = await world.world.store.entries('default', 'flux-system')
  return entries.map(({ outcome }) => outcome.is === 'committed' && [outcome.commit, outcome.verified, outcome.unverified])
}

const user = `${author.name} <${author.email}>`
const batch = (lines: readonly string[], passphrase?: string): string =>
  [
    ...lines,
    `Name-Real: ${author.name}`,
    `Name-Email: ${author.email}`,
    'Expire-Date: 0',
    passphrase ? `Passphrase: ${passphrase}` : '%no-protection',
    '%commit',
    '',
  ].join('\n')

const gpgKeys: readonly (readonly [name: string, lines: readonly string[], passphrase?: string])[] = [
  ['rsa', ['Key-Type: RSA', 'Key-Length: 3072', 'Key-Usage: sign']],
  ['rsa-passphrase', ['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign'], 'käse und brot'],
  ['ed25519', ['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: sign']],
  ['ed25519-passphrase', ['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: sign'], 'secret'],
  ['nistp256', ['Key-Type: ECDSA', 'Key-Curve: nistp256', 'Key-Usage: sign']],
  ['nistp384', ['Key-Type: ECDSA', 'Key-Curve: nistp384', 'Key-Usage: sign']],
  ['nistp521-passphrase', ['Key-Type: ECDSA', 'Key-Curve: nistp521', 'Key-Usage: sign'], 'secret'],
  // As many people keep their keys: the primary key only certifies, a subkey signs.
  ['subkey', ['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: cert', 'Subkey-Type: RSA', 'Subkey-Length: 2048', 'Subkey-Usage: sign']],
  [
    'beside-encryption',
    ['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Subkey-Type: ECDH', 'Subkey-Curve: cv25519', 'Subkey-Usage: encrypt'],
  ],
]

describe('a commit signed by GPG is verified by git, and its author is the manifest’s', () => {
  for (const [name, lines, passphrase] of gpgKeys)
    test(name, async () => {
      const before = new Set(fingerprints())
      run('gpg', ['--batch', '--pinentry-mode', 'loopback', '--gen-key'], { input: batch(lines, passphrase) })
      const fingerprint = fingerprints().find((one) => !before.has(one)) ?? ''
      const unlock = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', passphrase ?? '']
      const key = run('gpg', [...unlock, '--armor', '--export-secret-keys', fingerprint])
      const { clone, world } = await promoted(name, 'gpg', { 'git.asc': key, ...(passphrase && { passphrase }) })
      expect(run('git', ['log', '-1', '--format=%G? %an <%ae> %cn <%ce>'], { cwd: clone })).toBe(`G ${user} ${user}\n`)
      run('git', ['verify-commit', 'HEAD'], { cwd: clone })
      expect(run('git', ['fsck', '--strict'], { cwd: clone })).toBe('')
      expect(await told({ world })).toEqual([[world.gitRepo.head(), false, 'unknown_key']])
    })

  test('and one whose passphrase is another, or whose secret half is elsewhere, is no commit at all', async () => {
    const offline = run('gpg', ['--batch', '--armor', '--export-secret-subkeys', fingerprints()[0] ?? ''])
    for (const secret of [
      { 'git.asc': offline },
      { 'git.asc': run('gpg', ['--armor', '--export', fingerprints()[0] ?? '']) },
    ] as Secret[]) {
      const { world } = await promoted(`bad-${Object.keys(secret).length}-${JSON.stringify(secret).length}`, 'gpg', secret)
      expect([world.gitRepo.log().length, world.events.filter(({ event }) => event === 'look-failed').at(-1)?.fields['code']]).toEqual([
        1,
        'git-signing-key-invalid',
      ])
    }
  })
})
const fingerprints = (): readonly string[] =>
  run('gpg', ['--batch', '--with-colons', '--list-secret-keys'])
    .split(/^sec:/m)
    .slice(1)
    .flatMap((key) => /^fpr:+([0-9A-F]+):/m.exec(key)?.[1] ?? [])

const sshKeys: readonly (readonly [name: string, args: readonly string[], passphrase?: string])[] = [
  ['ssh-ed25519', ['-t', 'ed25519']],
  ['ssh-ed25519-passphrase', ['-t', 'ed25519'], 'käse und brot'],
  ['ssh-ed25519-gcm', ['-t', 'ed25519', '-Z', 'aes256-gcm@openssh.com'], 'secret'],
  ['ssh-ed25519-cbc', ['-t', 'ed25519', '-Z', 'aes256-cbc'], 'secret'],
  ['ssh-rsa', ['-t', 'rsa', '-b', '2048']],
  ['ssh-rsa-passphrase', ['-t', 'rsa', '-b', '3072'], 'secret'],
  ['ssh-ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ssh-ecdsa-384', ['-t', 'ecdsa', '-b', '384'], 'secret'],
  ['ssh-ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['ssh-rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ssh-ecdsa-pkcs8', ['-t', 'ecdsa', '-b', '256', '-m', 'PKCS8'], 'secret'],
]

describe('a commit signed by an SSH key is verified by git', () => {
  for (const [name, args, passphrase = ''] of sshKeys)
    test(name, async () => {
      const file = join(place, name)
      run('ssh-keygen', ['-q', ...args, '-N', passphrase, '-C', 'test', '-f', file])
      const secret = { identity: readFileSync(file, 'utf8'), ...(passphrase && { password: passphrase }) }
      const { clone, world } = await promoted(name, 'ssh', secret)
      writeFileSync(join(place, 'allowed'), `${author.email} ${readFileSync(`${file}.pub`, 'utf8')}`)
      run('git', ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${join(place, 'allowed')}`, 'verify-commit', 'HEAD'], {
        cwd: clone,
      })
      expect(run('git', ['log', '-1', '--format=%an <%ae>'], { cwd: clone })).toBe(`${user}\n`)
      expect(await told({ world })).toEqual([[world.gitRepo.head(), false, 'unknown_key']])
    })
})
