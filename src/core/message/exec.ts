// text/template's executor. Where an error happened is told by the node last looked at, so the looks are in Go's order.
import { limits, type Meter } from './limits.ts'
import { LimitError, Panic, TemplateError } from './go/errors.ts'
import type { Func } from './go/functions.ts'
import { methodOf, type Methods } from './go/methods.ts'
import { formatCell, sprint } from './go/print.ts'
import { quote } from './go/quote.ts'
import { fieldNamed } from './go/structs.ts'
import { anyType, assignable, canBeNil, reflectType, stringType, type Type } from './go/types.ts'
import {
  bool,
  cellOf,
  complex,
  content,
  float,
  int,
  isTrue,
  sortedEntries,
  text,
  unwrapped,
  zero,
  type Any,
  type Cell,
  type Value,
} from './go/values.ts'
import {
  written,
  type AnyNode,
  type ChainNode,
  type CommandNode,
  type FieldNode,
  type IdentifierNode,
  type ListNode,
  type Node,
  type NumberNode,
  type Operand,
  type PipeNode,
  type TemplateNode,
  type VariableNode,
  type BranchNode,
} from './syntax/nodes.ts'
import type { Templates } from './syntax/parser.ts'

export interface Program {
  readonly name: string
  readonly source: string
  readonly templates: Templates
  readonly functions: Readonly<Record<string, Func>>
  /** Methods of the data model's own types. */
  readonly methods: Methods
  readonly meter: Meter
}

interface Variable {
  readonly name: string
  value: Cell
}

interface State {
  readonly program: Program
  readonly template: string
  readonly depth: number
  readonly out: string[]
  node: AnyNode | undefined
  variables: Variable[]
}

/** Nothing came through the pipe. */
const missing = Symbol('missing')
type Final = Cell | typeof missing

type Jump = 'break' | 'continue' | undefined

/** The rendered bytes; throws TemplateError with Go's text. */
export function execute(program: Program, data: Value): string {
  const state: State = { program, template: program.name, depth: 0, out: [], node: undefined, variables: [{ name: '$', value: data }] }
  walkList(state, data, program.templates.main)
  return state.out.join('')
}

function fail(s: State, message: string): never {
  const { name, source } = s.program
  if (!s.node) throw new TemplateError(`template: ${s.template}: ${message}`)
  const before = source.slice(0, s.node.at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  throw new TemplateError(
    `template: ${name}:${line}:${s.node.at - lineStart}: executing ${quote(s.template)} at <${written(s.node)}>: ${message}`,
  )
}

function emit(s: State, bytes: string): void {
  s.program.meter.write(bytes.length)
  s.out.push(bytes)
}

function look(s: State, node: AnyNode): void {
  s.program.meter.step()
  s.node = node
}

// Walking

function walkList(s: State, dot: Cell, list: ListNode): Jump {
  look(s, list)
  for (const node of list.nodes) {
    const jump = walk(s, dot, node)
    if (jump) return jump
  }
  return undefined
}

function walk(s: State, dot: Cell, node: Node): Jump {
  look(s, node)
  switch (node.kind) {
    case 'action': {
      const value = evalPipeline(s, dot, node.pipe)
      if (node.pipe.declared.length === 0) printResult(s, node, value)
      return undefined
    }
    case 'text':
      emit(s, node.text)
      return undefined
    case 'if':
    case 'with':
      return walkIfOrWith(s, dot, node)
    case 'range':
      walkRange(s, dot, node)
      return undefined
    case 'template':
      walkTemplate(s, dot, node)
      return undefined
    case 'break':
    case 'continue':
      return node.kind
    case 'list':
      return walkList(s, dot, node)
    case 'end':
    case 'else':
      return undefined
    default:
      return node satisfies never
  }
}

function printResult(s: State, node: AnyNode, value: Cell): void {
  look(s, node)
  if (value === undefined) return emit(s, '<no value>')
  try {
    emit(s, sprint([content(value)], s.program.meter))
  } catch (error) {
    if (error instanceof Panic) fail(s, error.message)
    throw error
  }
}

function scoped<T>(s: State, body: () => T): T {
  const known = s.variables.length
  const result = body()
  s.variables.length = known
  return result
}

function walkIfOrWith(s: State, dot: Cell, node: BranchNode): Jump {
  return scoped(s, () => {
    const value = evalPipeline(s, dot, node.pipe)
    if (isTrue(unwrapped(value))) return walkList(s, node.kind === 'with' ? value : dot, node.list)
    return node.elseList ? walkList(s, dot, node.elseList) : undefined
  })
}

function walkRange(s: State, dot: Cell, node: BranchNode): void {
  scoped(s, () => {
    const value = indirect(evalPipeline(s, dot, node.pipe)).cell
    let turned = false
    for (const [index, element] of turns(s, value, node)) {
      turned = true
      if (oneTurn(s, node, index, element) === 'break') return
    }
    if (!turned && node.elseList) walkList(s, dot, node.elseList)
  })
}

function* turns(s: State, value: Cell, node: BranchNode): Generator<readonly [Cell, Cell]> {
  if (value === undefined) return
  switch (value.is) {
    case 'int':
      if (node.pipe.declared.length > 1)
        fail(s, `can't use ${formatCell(value, 'v', s.program.meter)} to iterate over more than one variable`)
      for (let i = 0n; i < value.int; i++) yield [undefined, { is: 'int', type: value.type, int: i }]
      return
    case 'slice':
      for (const [i, item] of value.items.entries()) yield [int(i), elementOf(item, value.type)]
      return
    case 'map':
      for (const { key, value: item } of sortedEntries(value)) yield [key, elementOf(item, value.type)]
      return
    default:
      fail(s, `range can't iterate over ${formatCell(value, 'v', s.program.meter)}`)
  }
}

const elementOf = (item: Any, container: Type): Cell => cellOf(item, container.elem ?? anyType)

function oneTurn(s: State, node: BranchNode, index: Cell, element: Cell): Jump {
  const { declared, assign } = node.pipe
  const known = s.variables.length
  if (assign) {
    const [first, second] = declared
    if (first) setVariable(s, first.name, second ? index : element)
    if (second) setVariable(s, second.name, element)
  } else {
    setTop(s, 1, declared.length > 0, element)
    setTop(s, 2, declared.length > 1, index)
  }
  const jump = walkList(s, element, node.list)
  s.variables.length = known
  return jump
}

function setTop(s: State, fromTop: number, wanted: boolean, value: Cell): void {
  const variable = s.variables[s.variables.length - fromTop]
  if (wanted && variable) variable.value = value
}

function walkTemplate(s: State, dot: Cell, node: TemplateNode): void {
  look(s, node)
  const body = s.program.templates.byName.get(node.name)
  if (!body) return fail(s, `template ${quote(node.name)} not defined`)
  if (s.depth >= limits.templateDepth)
    throw new LimitError(`templates call each other more than ${limits.templateDepth} deep (limit: templateDepth)`)
  const inner = node.pipe ? evalPipeline(s, dot, node.pipe) : undefined
  walkList({ ...s, template: node.name, depth: s.depth + 1, variables: [{ name: '$', value: inner }] }, inner, body)
}

// Variables

function setVariable(s: State, name: string, value: Cell): void {
  s.program.meter.step(s.variables.length >> 4)
  const variable = s.variables.findLast((candidate) => candidate.name === name)
  if (!variable) fail(s, `undefined variable: ${name}`)
  variable.value = value
}

function variableValue(s: State, name: string): Cell {
  s.program.meter.step(s.variables.length >> 4)
  const variable = s.variables.findLast((candidate) => candidate.name === name)
  return variable ? variable.value : fail(s, `undefined variable: ${name}`)
}

// Evaluating

function evalPipeline(s: State, dot: Cell, pipe: PipeNode): Cell {
  look(s, pipe)
  let value: Final = missing
  for (const command of pipe.commands) {
    value = evalCommand(s, dot, command, value)
    if (value?.is === 'interface') value = value.holds ?? undefined
  }
  const result = value === missing ? undefined : value
  for (const variable of pipe.declared) {
    if (pipe.assign) setVariable(s, variable.name, result)
    else s.variables.push({ name: variable.name, value: result })
  }
  return result
}

function notAFunction(s: State, args: readonly Operand[], final: Final): void {
  const [first] = args
  if (first && (args.length > 1 || final !== missing)) fail(s, `can't give argument to non-function ${written(first)}`)
}

function evalCommand(s: State, dot: Cell, command: CommandNode, final: Final): Cell {
  const { args } = command
  const [first] = args
  if (!first) return undefined
  switch (first.kind) {
    case 'field':
      return evalFieldNode(s, dot, first, args, final)
    case 'chain':
      return evalChain(s, dot, first, args, final)
    case 'identifier':
      return evalFunction(s, dot, first, command, args, final)
    case 'pipe':
      notAFunction(s, args, final)
      return evalPipeline(s, dot, first)
    case 'variable':
      return evalVariable(s, dot, first, args, final)
    default:
      break
  }
  look(s, first)
  notAFunction(s, args, final)
  switch (first.kind) {
    case 'bool':
      return bool(first.bool)
    case 'dot':
      return dot
    case 'nil':
      return fail(s, 'nil is not a command')
    case 'number':
      return idealConstant(s, first)
    case 'string':
      return text(first.text)
    default:
      return first satisfies never
  }
}

/** The type of a number without context: its spelling decides. */
function idealConstant(s: State, node: NumberNode): Cell {
  look(s, node)
  if (node.complex) return complex(node.complex.re, node.complex.im)
  const hexInt = /^0[xX]./.test(node.text) && !/[pP]/.test(node.text)
  if (node.float !== undefined && !hexInt && !node.text.startsWith("'") && /[.eEpP]/.test(node.text)) return float(node.float)
  if (node.int !== undefined) return int(node.int)
  return node.uint !== undefined ? fail(s, `${node.text} overflows int`) : undefined
}

function evalFieldNode(s: State, dot: Cell, node: FieldNode, args: readonly Operand[], final: Final): Cell {
  look(s, node)
  return evalFields(s, dot, dot, node, node.fields, args, final)
}

function evalChain(s: State, dot: Cell, node: ChainNode, args: readonly Operand[], final: Final): Cell {
  look(s, node)
  return evalFields(s, dot, evalArg(s, dot, undefined, node.node), node, node.fields, args, final)
}

function evalVariable(s: State, dot: Cell, node: VariableNode, args: readonly Operand[], final: Final): Cell {
  look(s, node)
  const value = variableValue(s, node.name)
  if (node.fields.length > 0) return evalFields(s, dot, value, node, node.fields, args, final)
  notAFunction(s, args, final)
  return value
}

function evalFields(
  s: State,
  dot: Cell,
  receiver: Cell,
  node: Operand,
  names: readonly string[],
  args: readonly Operand[],
  final: Final,
): Cell {
  let value = receiver
  names.forEach((name, i) => {
    // If it is a method, the last one gets the arguments.
    const last = i === names.length - 1
    value = evalField(s, dot, name, node, last ? args : [], last ? final : missing, value)
  })
  return value
}

function evalFunction(s: State, dot: Cell, node: IdentifierNode, command: AnyNode, args: readonly Operand[], final: Final): Cell {
  look(s, node)
  const { functions } = s.program
  const found = Object.hasOwn(functions, node.name) ? functions[node.name] : undefined
  return found ? evalCall(s, dot, found, command, node.name, args, final) : fail(s, `${quote(node.name)} is not a defined function`)
}

interface Indirect {
  readonly cell: Cell
  readonly nil: boolean
  /** Reached through a pointer, so that methods on pointers are there too. */
  readonly addressable: boolean
}

function indirect(start: Cell): Indirect {
  let cell = start
  let addressable = false
  while (cell?.is === 'ptr' || cell?.is === 'interface') {
    const inner: Any = cell.is === 'ptr' ? cell.to : cell.holds
    if (inner === null) return { cell, nil: true, addressable }
    addressable = cell.is === 'ptr'
    cell = inner
  }
  return { cell, nil: false, addressable }
}

function evalField(s: State, dot: Cell, name: string, node: Operand, args: readonly Operand[], final: Final, receiver: Cell): Cell {
  if (receiver === undefined) return undefined
  const { type } = receiver
  const { cell, addressable } = indirect(receiver)
  if (cell === undefined) return undefined
  if (cell.is === 'interface') return fail(s, `nil pointer evaluating ${type.name}.${name}`)
  const method = methodOf(cell, name, addressable, s.program.methods)
  if (method) return evalCall(s, dot, method, node, name, args, final)
  const hasArgs = args.length > 1 || final !== missing
  if (cell.is === 'map' && cell.type.key && assignable(stringType, cell.type.key)) {
    if (hasArgs) fail(s, `${name} is not a method but has arguments`)
    const entry = cell.entries.get(name)
    return entry ? elementOf(entry.value, cell.type) : undefined
  }
  if (cell.is === 'ptr') return fail(s, `nil pointer evaluating ${type.name}.${name}`)
  const field = fieldOf(s, cell, name)
  if (field.found) {
    if (hasArgs) fail(s, `${name} has arguments but cannot be invoked as function`)
    return cellOf(field.value, field.type)
  }
  if (field.unexported) fail(s, `${name} is an unexported field of struct type ${type.name}`)
  return fail(s, `can't evaluate field ${name} in type ${type.name}`)
}

function fieldOf(s: State, value: Value, name: string): ReturnType<typeof fieldNamed> {
  try {
    return fieldNamed(value, name)
  } catch (error) {
    if (error instanceof Panic) fail(s, error.message)
    throw error
  }
}

function evalCall(s: State, dot: Cell, func: Func, node: AnyNode, name: string, args: readonly Operand[], final: Final): Cell {
  const given = args.slice(1)
  const count = given.length + (final === missing ? 0 : 1)
  const { params, rest } = func
  if (rest ? count < params.length : count !== params.length)
    fail(s, `wrong number of args for ${name}: want ${rest ? 'at least ' : ''}${params.length} got ${rest ? given.length : count}`)
  if (func.results !== undefined) fail(s, badResults(name, func.results))
  if ((name === 'and' || name === 'or') && params[0] === reflectType) return shortCircuit(s, dot, name, given, final)
  const values = given.map((arg, i) => evalArg(s, dot, params[i] ?? rest, arg))
  if (final !== missing) values.push(validate(s, final, params[count - 1] ?? rest))
  return safeCall(s, func, node, name, name === 'call' ? [text(calleeName(given, final)), ...values] : values)
}

/** Functions with one result, or one and an error, can be called; -1: two without an error, -2: the second is a time. */
function badResults(name: string, results: number): string {
  if (results > 2) return `function ${name} has ${results} return values; should be 1 or 2`
  return `invalid function signature for ${name}: second return value should be error; is ${results === -2 ? 'time.Time' : 'int'}`
}

function calleeName(given: readonly Operand[], final: Final): string {
  const [first] = given
  if (first) return written(first)
  const value = final === missing ? undefined : final
  return value === undefined ? '<invalid Value>' : value.is === 'string' ? value.text : `<${value.type.name} Value>`
}

function safeCall(s: State, func: Func, node: AnyNode, name: string, values: readonly Cell[]): Cell {
  s.program.meter.step(1 + values.reduce((sum, value) => sum + weight(value), 0))
  try {
    return func.call(values)
  } catch (error) {
    if (!(error instanceof Panic)) throw error
    look(s, node)
    return fail(s, `error calling ${name}: ${error.message}`)
  }
}

/** What a function may have to go through, in steps. */
function weight(cell: Cell): number {
  const value = unwrapped(cell)
  if (value?.is === 'string') return Math.ceil(value.text.length / 64)
  return value?.is === 'slice' ? Math.ceil(value.items.length / 8) : value?.is === 'map' ? Math.ceil(value.entries.size / 8) : 1
}

function shortCircuit(s: State, dot: Cell, name: 'and' | 'or', given: readonly Operand[], final: Final): Cell {
  let value: Cell
  for (const arg of given) {
    value = evalArg(s, dot, reflectType, arg)
    if (isTrue(unwrapped(value)) === (name === 'or')) return value
  }
  return final === missing ? value : validate(s, final, reflectType)
}

/** Go's validateType: a value fit for a parameter of the type. Undefined type: any will do. */
function validate(s: State, value: Cell, type: Type | undefined): Cell {
  if (value === undefined) {
    if (type === undefined || type === reflectType) return undefined
    return canBeNil(type) ? zero(type) : fail(s, `invalid value; expected ${type.name}`)
  }
  if (type === undefined || type === reflectType || assignable(value.type, type)) return value
  let inner: Value | undefined
  if (value.is === 'interface') {
    if (value.holds === null) fail(s, `wrong type for value; expected ${type.name}; got ${value.type.name}`)
    inner = value.holds
    if (assignable(inner.type, type)) return inner
  } else inner = value
  if (inner.is === 'ptr' && inner.type.elem && assignable(inner.type.elem, type))
    return inner.to ?? fail(s, `dereference of nil pointer of type ${type.name}`)
  return fail(s, `wrong type for value; expected ${type.name}; got ${inner.type.name}`)
}

function evalArg(s: State, dot: Cell, type: Type | undefined, node: Operand): Cell {
  look(s, node)
  switch (node.kind) {
    case 'dot':
      return validate(s, dot, type)
    case 'nil':
      if (type === reflectType) return undefined
      return type && canBeNil(type) ? zero(type) : fail(s, `cannot assign nil to ${type?.name ?? ''}`)
    case 'field':
      return validate(s, evalFieldNode(s, dot, node, [node], missing), type)
    case 'variable':
      return validate(s, evalVariable(s, dot, node, [], missing), type)
    case 'pipe':
      return validate(s, evalPipeline(s, dot, node), type)
    case 'identifier':
      return validate(s, evalFunction(s, dot, node, node, [], missing), type)
    case 'chain':
      return validate(s, evalChain(s, dot, node, [], missing), type)
    case 'bool':
    case 'number':
    case 'string':
      return literal(s, type ?? anyType, node)
    default:
      return node satisfies never
  }
}

type Literal = Extract<Operand, { kind: 'bool' | 'number' | 'string' }>

function literal(s: State, type: Type, node: Literal): Cell {
  if (type === reflectType || type.kind === 'interface') {
    look(s, node)
    return node.kind === 'number' ? idealConstant(s, node) : node.kind === 'bool' ? bool(node.bool) : text(node.text)
  }
  switch (type.kind) {
    case 'bool':
      return node.kind === 'bool' ? { is: 'bool', type, bool: node.bool } : fail(s, `expected bool; found ${written(node)}`)
    case 'string':
      return node.kind === 'string' ? { is: 'string', type, text: node.text } : fail(s, `expected string; found ${written(node)}`)
    case 'int':
    case 'int8':
    case 'int32':
    case 'int64':
      return node.kind === 'number' && node.int !== undefined ? int(node.int, type) : fail(s, `expected integer; found ${written(node)}`)
    case 'uint':
    case 'uint8':
    case 'uint32':
    case 'uint64':
      return node.kind === 'number' && node.uint !== undefined
        ? int(node.uint, type)
        : fail(s, `expected unsigned integer; found ${written(node)}`)
    case 'float64':
      return node.kind === 'number' && node.float !== undefined
        ? { is: 'float', type, float: node.float }
        : fail(s, `expected float; found ${written(node)}`)
    default:
      return fail(s, `can't handle ${written(node)} for arg of type ${type.name}`)
  }
}
