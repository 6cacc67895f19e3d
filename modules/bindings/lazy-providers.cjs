'use strict'
/*
 * Node's half of modules/bindings, loaded by NODE_OPTIONS=--require before jsii: a prebuilt CDKTF provider loads its
 * resources on first use, and jsii's own cache gets the time to finish.
 */
const Module = require('module')
const fs = require('fs')
const threads = require('worker_threads')
const util = require('util')

// The name under which the rewritten files find `defineLazy`; also tells that this file ran already.
const SHARED = 'cdktf-eks-training/lazy-providers'

const stockWanted = !['', '0'].includes(process.env.CDKTF_STOCK_BINDINGS || '')
if (!stockWanted && !globalThis[Symbol.for(SHARED)]) {
  globalThis[Symbol.for(SHARED)] = defineLazy
  makeProvidersLazy()
  letIndexBuildsFinish()
  // cdktf 0.21 calls this for every output, and Node 24 warns of it on every run (DEP0044). They are the same function.
  util.isArray = Array.isArray
}

/*
 * `@cdktf/provider-aws/lib/index.js` is 2,212 lines like `exports.vpc = require("./vpc");`, and @cdktn's is 2,433 like
 * `exports.vpc = __importStar(require("./vpc/index"));`. jsii runs them all although a program uses some twenty. Each of
 * those lines becomes a getter, which turns into the plain value on first use.
 */
function makeProvidersLazy() {
  // jsii links packages into a temporary folder, so only the end of the path is known.
  const providerIndex = /[\\/]node_modules[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/
  const compile = Module._extensions['.js']

  Module._extensions['.js'] = function (module, filename) {
    if (!providerIndex.test(filename)) return compile.apply(this, arguments)
    const lazy = lazyIndex(fs.readFileSync(filename, 'utf8'))
    if (lazy === undefined) return compile.apply(this, arguments)
    return module._compile(lazy, filename)
  }
}

/*
 * The source of an index with lazy exports, or undefined for a file that holds anything else than the generator is
 * known to write: untouched source is slow, rewritten source that was not understood is broken.
 * The lines keep their numbers, so stack traces stay right.
 */
function lazyIndex(source) {
  const required = String.raw`require\("\./[\w./-]+"\)`
  const eagerLine = new RegExp(String.raw`^exports\.([A-Za-z_$][\w$]*) = (${required}|__importStar\(${required}\));$`)
  const names = new Set()
  const lines = source.split(/\r?\n/)
  for (const [number, line] of withoutHelpers(withoutBlockComments(lines))) {
    const eager = eagerLine.exec(line)
    if (eager) {
      const [, name, value] = eager
      if (names.has(name)) return undefined
      const helper = names.size === 0 ? `const __lazy = globalThis[Symbol.for("${SHARED}")];` : ''
      names.add(name)
      lines[number] = `${helper}__lazy(exports, "${name}", () => ${value});`
    } else if (!isDeclaration(line)) {
      return undefined
    }
  }
  return names.size > 0 ? lines.join('\n') : undefined
}

function defineLazy(exports, name, load) {
  const settle = (value) => {
    Object.defineProperty(exports, name, { value, writable: true, enumerable: true, configurable: true })
    return value
  }
  Object.defineProperty(exports, name, { get: () => settle(load()), set: settle, enumerable: true, configurable: true })
}

function* withoutBlockComments(lines) {
  let inComment = false
  for (const [number, line] of lines.entries()) {
    if (inComment) inComment = line.trim() !== '*/'
    else if (/^\/\*\*?$/.test(line)) inComment = true
    else yield [number, line]
  }
}

/*
 * Without the functions that TypeScript writes at the top of a file, to be called by it: `var __importStar = (this &&
 * this.__importStar) || (function () {`, down to the first line that begins with a closing brace and ends the statement.
 */
function* withoutHelpers(numbered) {
  let inHelper = false
  for (const [number, line] of numbered) {
    if (inHelper) inHelper = !/^\}.*;$/.test(line)
    else if (/^var (__\w+) = \(this && this\.\1\) \|\| /.test(line)) inHelper = true
    else yield [number, line]
  }
}

function isDeclaration(line) {
  return (
    line === '' ||
    line === '"use strict";' ||
    line === 'Object.defineProperty(exports, "__esModule", { value: true });' ||
    line.startsWith('//') ||
    /^(?:exports\.[A-Za-z_$][\w$]* = )+void 0;$/.test(line)
  )
}

/*
 * On its first run with a provider, jsii parses the provider's whole description (131 MB for AWS) and has a worker
 * thread write an index of it, so that later runs read only what they need. jsii ends without waiting for that thread.
 * A stock program is slow enough for the thread to finish; a fast one would cut it off on every run, and stay cold:
 * 8 s and 1.3 GiB a run. So wait for it, at the end of the process and at most a minute.
 * (The Python side gives its Node 5 s to end, sends SIGTERM and goes on; Node then finishes in the background.)
 */
function letIndexBuildsFinish() {
  const key = 'cdktf-eks-training/index-builds'
  if (threads.isMainThread) {
    if (!threads.setEnvironmentData) return // Node before 15.12
    const running = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    threads.setEnvironmentData(key, running)
    process.on('exit', () => {
      if (Atomics.load(running, 0) > 0) process.on('SIGTERM', () => {})
      const deadline = Date.now() + 60_000
      for (let count; (count = Atomics.load(running, 0)) > 0 && Date.now() < deadline; ) {
        Atomics.wait(running, 0, count, deadline - Date.now())
      }
    })
  } else if (threads.workerData && threads.workerData.packageDir) {
    // jsii's runtime-index-worker.js: a worker's own name is not known yet when its preload runs.
    const running = threads.getEnvironmentData(key)
    if (!running) return
    Atomics.add(running, 0, 1)
    process.on('exit', () => {
      Atomics.sub(running, 0, 1)
      Atomics.notify(running, 0)
    })
  }
}
