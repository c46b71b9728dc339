// The rules of resnet_lab/arithmetic.py for one axis, word for word. A test holds the two equal.

/** An impossible setting; `argument` names it, and the message begins with that name. */
export class ArgumentError extends Error {
  constructor(argument, problem) {
    super(`${argument} ${problem}`);
    this.argument = argument;
  }
}

/** Refuses what is no integer, or too small. */
export function checkInteger(name, value, atLeast) {
  if (!Number.isInteger(value)) {
    throw new ArgumentError(name, `must be an integer, got ${Number.isNaN(value) ? "nothing" : value}`);
  }
  if (value < atLeast) throw new ArgumentError(name, `must be at least ${atLeast}, got ${value}`);
}

function tooWide(kernel, span, padded) {
  const room = `must fit into the padded input (${padded} positions)`;
  return new ArgumentError("kernel", `${room}, got kernel=${kernel}, which spans ${span}`);
}

function checkWindow({ size, kernel, stride, padding, dilation }) {
  checkInteger("size", size, 1);
  checkInteger("kernel", kernel, 1);
  checkInteger("stride", stride, 1);
  checkInteger("padding", padding, 0);
  checkInteger("dilation", dilation, 1);
}

/** Positions from the first to the last tap of a kernel, both counted. */
export function kernelSpan({ kernel, dilation }) {
  return dilation * (kernel - 1) + 1;
}

/** Output positions of a convolution: floor((I + 2P - K') / S) + 1. */
export function convOutputSize(window) {
  checkWindow(window);
  const padded = window.size + 2 * window.padding;
  const span = kernelSpan(window);
  if (span > padded) throw tooWide(window.kernel, span, padded);
  return Math.floor((padded - span) / window.stride) + 1;
}

/** Output positions of a pooling layer, by torch's rule. */
export function poolOutputSize(window) {
  checkWindow(window);
  const { size, kernel, stride, padding, ceil_mode: ceilMode } = window;
  if (typeof ceilMode !== "boolean") {
    throw new ArgumentError("ceil_mode", `must be true or false, got ${ceilMode}`);
  }
  const most = Math.floor(kernel / 2);
  if (padding > most) {
    const rule = `must be at most half the kernel of a pooling layer (${most} for kernel=${kernel})`;
    throw new ArgumentError("padding", `${rule}, got ${padding}`);
  }
  if (!ceilMode) return convOutputSize(window);
  const padded = size + 2 * padding;
  const span = kernelSpan(window);
  const outputs = Math.ceil((padded - span) / stride) + 1;
  if (outputs < 1) throw tooWide(kernel, span, padded);
  return (outputs - 1) * stride - padding >= size ? outputs - 1 : outputs;
}

/** Rounds up like a pooling layer where `ceil_mode` is set, else down like a convolution. */
export function outputSize(window) {
  return window.ceil_mode ? poolOutputSize(window) : convOutputSize(window);
}

/** Input positions that output `index` reads; negative ones are padding. */
export function windowPositions(index, { kernel, stride, padding, dilation }) {
  const first = index * stride - padding;
  return Array.from({ length: kernel }, (_, tap) => first + tap * dilation);
}

/** What happens at the far end: columns no window reaches, or how far the last one hangs over. */
export function farEnd(window, outputs) {
  const { size, stride, padding } = window;
  const rest = size + 2 * padding - kernelSpan(window) - (outputs - 1) * stride;
  const dropped = Math.max(0, rest);
  const fromPadding = Math.min(dropped, padding);
  return { padding: fromPadding, input: dropped - fromPadding, overhang: Math.max(0, -rest) };
}

/** Positions of the padded input that no window reads, gaps between windows included. */
export function unreadPositions(window, outputs) {
  const read = new Set();
  for (let index = 0; index < outputs; index++) {
    for (const position of windowPositions(index, window)) read.add(position);
  }
  const unread = [];
  for (let at = -window.padding; at < window.size + window.padding; at++) {
    if (!read.has(at)) unread.push(at);
  }
  return unread;
}
