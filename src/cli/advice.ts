// What helps against what AWS says: the codes are AWS's own, found on an error or on what caused it.
const signIn = [
  'sign in (aws sso login, with --profile NAME for another profile than the default one), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and',
  'AWS_SECRET_ACCESS_KEY; aws sts get-caller-identity shows who you are then',
]
const region = ['name the region of the deployment: --region eu-west-1, or AWS_REGION, or a region in the profile']
const rights = [
  'these credentials lack a right: another profile (--profile NAME), or whoever runs the account, can help (docs/security.md)',
]
const stack = ['aws cloudformation list-stacks shows what there is; --stack NAME, --region NAME and --profile NAME say which one is meant']
const again = ['the credentials are too old: sign in again (aws sso login), or take fresh keys, and repeat the command']

const byCode: Readonly<Record<string, readonly string[]>> = {
  CredentialsProviderError: signIn,
  ExpiredToken: again,
  ExpiredTokenException: again,
  RequestExpired: again,
  InvalidClientTokenId: signIn,
  UnrecognizedClientException: signIn,
  SignatureDoesNotMatch: signIn,
  InvalidSignatureException: ['the secret key does not belong to the key id, or the clock of this machine is wrong'],
  AccessDenied: rights,
  AccessDeniedException: rights,
  AuthorizationError: rights,
  ENOTFOUND: ['there is no such region, or no network'],
  'stack-no-region': region,
  'stack-missing': stack,
  'table-missing': ['it was deleted, or belongs to another deployment: restore it from its point-in-time backup, or deploy again'],
}

/** Lines to say below the message; none where nothing general helps. */
export function adviceOn(error: unknown): readonly string[] {
  const found = codes(error)
    .map((code) => byCode[code])
    .find((lines) => lines !== undefined)
  return found ?? []
}

function codes(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  return [...code, error.name, ...codes(error.cause)]
}
