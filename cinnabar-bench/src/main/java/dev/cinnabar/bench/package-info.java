/// Benchmarks of single steps: a claim of speed in a commit or a comment names one of these and both
/// numbers.
///
/// `make bench` builds and runs them all; `make bench BENCH=Base` those whose name contains a word. Each
/// measures one step of a command's way, with inputs that look like traffic (11-byte keys, 32-byte values,
/// counters), and runs with the `gc` profiler when the question is garbage. Whole servers are compared from
/// outside, over sockets, never here.
@NullMarked
package dev.cinnabar.bench;

import org.jspecify.annotations.NullMarked;
