// What the boxed world begins with: a small GitOps repository with Flux's own manifests, and the images that it names.

export const account = '123456789012'
export const region = 'eu-west-1'
const registry = `${account}.dkr.ecr.${region}.amazonaws.com`

/** Pushed before anybody watches, so that the repository is up to date when it starts. */
export const images: readonly (readonly [name: string, tag: string])[] = [
  ['app', '1.2.2'],
  ['app', '1.2.3'],
  ['app-dev', 'dev-4e1d2c3-100041'],
  ['app-staging', 'staging-20261101-0830'],
  ['charts/app', '0.4.1'],
]

const automation = `# What used to run in the cluster, unchanged.
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 1m
  url: https://github.com/demo/fleet
  ref:
    branch: main
  secretRef:
    name: flux-system
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata:
  name: fleet
  namespace: flux-system
spec:
  interval: 5m
  sourceRef:
    kind: GitRepository
    name: flux-system
  git:
    checkout:
      ref:
        branch: main
    commit:
      author:
        name: fluxcdbot
        email: fluxcdbot@users.noreply.github.com
      messageTemplate: |
        Update {{ range $index, $change := .Changed.Changes }}{{ if $index }}, {{ end }}{{ $change.OldValue }} to {{ $change.NewValue }}{{ end }}

        Automation: {{ .AutomationObject }}

        {{ range $resource, $changes := .Changed.Objects -}}
        - {{ $resource.Kind }} {{ $resource.Name }}
        {{- range $_, $change := $changes }}
            {{ $change.OldValue }} -> {{ $change.NewValue }}
        {{- end }}
        {{ end -}}
    push:
      branch: main
  update:
    strategy: Setters
    path: ./apps
`

const policies = `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata:
  name: app
  namespace: flux-system
spec:
  image: ${registry}/app
  interval: 5m
  provider: aws
---
# Production: the newest release.
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata:
  name: app
  namespace: flux-system
spec:
  imageRepositoryRef:
    name: app
  policy:
    semver:
      range: '>=1.0.0'
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata:
  name: app-dev
  namespace: flux-system
spec:
  image: ${registry}/app-dev
  interval: 1m
  provider: aws
---
# Development: the highest CI run.
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata:
  name: app-dev
  namespace: flux-system
spec:
  imageRepositoryRef:
    name: app-dev
  filterTags:
    pattern: '^dev-[0-9a-f]{7,40}-(?P<run>[0-9]+)$'
    extract: '$run'
  policy:
    numerical:
      order: asc
---
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImageRepository
metadata:
  name: app-staging
  namespace: flux-system
spec:
  image: ${registry}/app-staging
  interval: 1m
---
# Staging: the latest time stamp, as text.
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImagePolicy
metadata:
  name: app-staging
  namespace: flux-system
spec:
  imageRepositoryRef:
    name: app-staging
  filterTags:
    pattern: '^staging-(?P<at>[0-9]{8}-[0-9]{4})$'
    extract: '$at'
  policy:
    alphabetical: {}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata:
  name: chart
  namespace: flux-system
spec:
  image: ${registry}/charts/app
  interval: 30m
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata:
  name: chart
  namespace: flux-system
spec:
  imageRepositoryRef:
    name: chart
  policy:
    semver:
      range: 0.x
`

/** What \`tagboat local\` applies at its first start. */
export const manifests = `${automation}---\n${policies}`

export const files: Readonly<Record<string, string>> = {
  'README.md': '# fleet\n\nThe cluster runs what stands here. Tags at `$imagepolicy` markers are kept up to date by tagboat.\n',
  'clusters/production/image-automation.yaml': automation,
  'clusters/production/image-policies.yaml': policies,
  'apps/app/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  namespace: shop
spec:
  replicas: 2
  selector:
    matchLabels: {app: app}
  template:
    metadata:
      labels: {app: app}
    spec:
      containers:
        - name: app
          image: ${registry}/app:1.2.3 # {"$imagepolicy": "flux-system:app"}
          ports:
            - containerPort: 8080
          # the same image migrates the database
      initContainers:
        - name: migrate
          image: "${registry}/app:1.2.3" # {"$imagepolicy": "flux-system:app"}
          args: ["migrate"]
`,
  'apps/app-dev/release.yaml': `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app
  namespace: shop-dev
spec:
  interval: 10m
  chartRef:
    kind: OCIRepository
    name: app
  values:
    image:
      repository: ${registry}/app-dev
      tag: dev-4e1d2c3-100041 # {"$imagepolicy": "flux-system:app-dev:tag"}
`,
  'apps/app-dev/chart.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: app
  namespace: shop-dev
spec:
  interval: 10m
  url: oci://${registry}/charts/app
  ref:
    tag: 0.4.1 # {"$imagepolicy": "flux-system:chart:tag"}
`,
  'apps/app-staging/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../app
images:
  - name: ${registry}/app
    newName: ${registry}/app-staging
    newTag: staging-20261101-0830 # {"$imagepolicy": "flux-system:app-staging:tag"}
`,
}
